// What is known of the images below those of a report, where the report is of a part only.
#pragma once

#include "model/report.h"
#include "store/store.h"

#include <map>
#include <string>
#include <vector>

namespace veritag::audit {

/// For several reports over one store: what was read of a reference is kept for the next.
class KnownAncestors {
public:
    /// `store` must live as long.
    explicit KnownAncestors(store::AuditStore& store) : store_(store) {}

    /// Fills Report::ancestors: of each image in the lineage of one that has a finding, and that the report did not judge itself, what was last
    /// found of it (verdict, error and findings), as long as its tag still names the image that lies below.
    void add_to(Report& report);

private:
    const std::vector<ImageReport>& images_of(const std::string& reference);

    store::AuditStore& store_;
    std::map<std::string, std::vector<ImageReport>> known_;
};

}  // namespace veritag::audit
