// What is there now, in memory: one line an image, so that a thousand readers cost no query. What lies behind a line is in the store.
#pragma once

#include "model/report.h"
#include "store/store.h"

#include <chrono>
#include <cstdint>
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
    std::string error;                ///< code of the error that kept it from being read
    std::int64_t audit = 0;           ///< the run that looked last
    std::chrono::sys_seconds seen;
    [[nodiscard]] std::string reference() const { return key.registry + '/' + key.repository + ':' + key.tag; }
};

/// Sorted by registry, repository, tag and platform; never changes.
struct Picture {
    std::vector<ImageLine> images;
    std::uint64_t version = 0;  ///< another one with every change, also over restarts in all likelihood
    store::VerdictCounts verdicts;
};

struct ImageQuery {
    std::string registry;    ///< empty: any; so for all
    std::string repository;  ///< a glob
    std::string tag;         ///< a glob
    std::string text;        ///< stands in the reference, whatever the case
    std::optional<Verdict> verdict;
    std::string code;
    std::size_t limit = 100;
    std::string cursor;      ///< from ImagePage::next
};

struct ImagePage {
    std::vector<const ImageLine*> images;  ///< of the picture
    std::size_t total = 0;                 ///< that match
    std::string next;                      ///< empty: this was the last page
};

/// A page of the picture. The cursor is the place of the last line, so a page neither repeats nor skips what stays. `usage` for a cursor that
/// nobody gave out.
Result<ImagePage> find_images(const Picture& picture, const ImageQuery& query);

/// Thread-safe.
class CurrentImages {
public:
    explicit CurrentImages(store::AuditStore& store);
    [[nodiscard]] std::shared_ptr<const Picture> picture() const;
    /// After a run: of every reference that it looked at or found gone, what the store knows now. A run that looked earlier than another and
    /// ended later changes nothing so.
    void take(const Report& report);

private:
    void publish();

    store::AuditStore& store_;
    std::mutex taking_;
    mutable std::mutex mutex_;
    std::map<store::ReferenceKey, std::vector<ImageLine>> lines_;
    std::uint64_t version_;
    std::shared_ptr<const Picture> picture_;
};

}  // namespace veritag::serve
