// What could not be read and is still there in the folded image.
#pragma once

#include "base/result.h"
#include "detect/merged_image.h"

#include <string>
#include <utility>
#include <vector>

namespace veritag::detect {

/// The list is cut where more tell nothing new; one problem is enough to keep the image from passing.
class ProblemList {
public:
    void add(std::string path, std::string message);
    [[nodiscard]] std::vector<Problem> take() { return std::move(problems_); }

private:
    std::vector<Problem> problems_;
};

/// Only what is still there counts: a later layer may have replaced or removed the unreadable file.
void add_live_problems(const MergedImage& image, ProblemList& problems);

}  // namespace veritag::detect
