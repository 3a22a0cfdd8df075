// What is there now, in memory: one line an image, so that a thousand readers cost no query. What lies behind a line is in the store.
#pragma once

#include "model/report.h"
#include "store/store.h"
#include "waivers/waivers.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::serve {

/// One platform's image of a reference.
struct ImageLine {
    store::ReferenceKey key;
    std::string platform;
    std::string digest;
    std::string index_digest;         ///< empty where the reference is no index
    Verdict verdict = Verdict::error;
    std::string tier;                 ///< empty where the tag was not understood
    std::vector<std::string> codes;   ///< of its findings, sorted, each once
    std::vector<std::string> notes;   ///< those of them that are of severity info only
    std::vector<std::string> waived;  ///< those of them of which every finding is waived
    std::string error;                ///< code of the error that kept it from being read
    std::int64_t audit = 0;           ///< the run that looked last
    std::chrono::sys_seconds seen;
    [[nodiscard]] std::string reference() const { return key.registry + '/' + key.repository + ':' + key.tag; }
};

/// What stands under a reference and was not judged.
struct SkippedLine {
    store::ReferenceKey key;
    std::string digest;  ///< empty: the reference as a whole
    std::string reason;
    std::int64_t audit = 0;  ///< the run that looked last
    std::chrono::sys_seconds seen;
    [[nodiscard]] std::string reference() const { return key.registry + '/' + key.repository + ':' + key.tag; }
};

/// Sorted by registry, repository, tag and platform; never changes.
struct Picture {
    std::vector<ImageLine> images;
    std::vector<SkippedLine> skipped;  ///< by registry, repository, tag, digest and reason
    std::uint64_t version = 0;  ///< another one with every change, also over restarts in all likelihood
    VerdictCounts verdicts;
    std::shared_ptr<const waivers::WaiverFile> waivers;  ///< by which lines are waived; never null
    WaiverUse waiver_use;                                ///< over all images
};

struct ImageQuery {
    std::string registry;    ///< empty: any; so for all
    std::string repository;  ///< a glob
    std::string tag;         ///< a glob
    std::string text;        ///< stands in the reference, whatever the case
    std::optional<Verdict> verdict;
    std::string code;
    std::optional<bool> waived;  ///< whether all that accuses the image is waived
    std::size_t limit = 100;
    std::string cursor;      ///< from ImagePage::next
};

struct ImagePage {
    std::vector<const ImageLine*> images;  ///< of the picture
    std::size_t total = 0;                 ///< that match
    std::string next;                      ///< empty: this was the last page
};

struct SkippedPage {
    std::vector<const SkippedLine*> skipped;  ///< of the picture
    std::string next;                         ///< empty: this was the last page
};

/// A page of the picture. The cursor is the place of the last line, so a page neither repeats nor skips what stays. `usage` for a cursor that
/// nobody gave out.
Result<ImagePage> find_images(const Picture& picture, const ImageQuery& query);
Result<SkippedPage> list_skipped(const Picture& picture, std::size_t limit, const std::string& cursor);

/// Thread-safe.
class CurrentImages {
public:
    /// `today` says when waivers expire.
    CurrentImages(store::AuditStore& store, waivers::WaiverFile waivers, std::function<std::chrono::sys_days()> today);
    [[nodiscard]] std::shared_ptr<const Picture> picture();
    /// Other waivers, from now on.
    void waive(waivers::WaiverFile waivers);
    /// After a run: of every reference that it looked at or found gone, what the store knows now. A run that looked earlier than another and
    /// ended later changes nothing so.
    void take(const Report& report);

private:
    /// A line, and as much of its report as waivers are about.
    struct Known {
        ImageLine line;
        ImageReport findings;
    };
    struct Look {
        std::vector<Known> images;
        std::vector<SkippedLine> skipped;
    };
    static Look look_of(const store::CurrentReference& current);
    void publish();

    store::AuditStore& store_;
    const std::function<std::chrono::sys_days()> today_;
    std::mutex taking_;
    std::mutex mutex_;
    std::shared_ptr<const waivers::WaiverFile> waivers_;
    std::chrono::sys_days waived_on_;
    std::map<store::ReferenceKey, Look> known_;
    std::uint64_t version_;
    std::shared_ptr<const Picture> picture_;
};

}  // namespace veritag::serve
