#include "detect/live_problems.h"

#include "base/text.h"

#include <set>
#include <string_view>
#include <utility>

namespace veritag::detect {
namespace {

constexpr std::size_t kMostProblems = 1000;  // kept of an image

// A problem's path names the entry as the tar wrote it.
std::string normal(std::string_view path) {
    std::string text;
    for (const std::string_view part : split(path, '/'))
        if (!part.empty() && part != ".") text += (text.empty() ? "" : "/") + std::string(part);
    return text;
}

// Of `layer`'s entries with problems those that a later layer replaced or removed. What is not among the entries (skipped, or
// its name was cut for the message) is never gone: nothing shows that it is.
std::set<std::string, std::less<>> gone(const MergedImage& image, int layer, const LayerAnalysis& analysis) {
    std::set<std::string, std::less<>> dead;
    for (const Problem& item : analysis.problems)
        if (!item.path.empty() && !image.is_live(item.path, layer)) dead.insert(normal(item.path));
    std::set<std::string, std::less<>> found;
    for (std::size_t i = 0; !dead.empty() && i < analysis.entries.size(); ++i)
        if (const auto path = dead.find(analysis.entries[i].path); path != dead.end()) found.insert(*path);
    return found;
}

}  // namespace

void ProblemList::add(std::string path, std::string message) {
    if (problems_.size() < kMostProblems) problems_.push_back({std::move(path), std::move(message)});
}

void add_live_problems(const MergedImage& image, ProblemList& problems) {
    const auto& layers = image.layers();
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (layers[i] == nullptr) continue;
        const auto dead = gone(image, static_cast<int>(i), *layers[i]);
        for (const Problem& item : layers[i]->problems)
            if (item.path.empty() || !dead.contains(normal(item.path))) problems.add(item.path, "layer " + std::to_string(i) + ": " + item.message);
    }
    for (const Problem& item : image.problems()) problems.add(item.path, item.message);
}

}  // namespace veritag::detect
