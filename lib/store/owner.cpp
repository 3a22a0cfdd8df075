#include "store/owner.h"

#include "base/text.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace veritag::store {
namespace {

std::string read_file(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

// Empty where there is no such process.
std::string describe(std::string_view pid) {
    const std::string stat = read_file("/proc/" + std::string(pid) + "/stat");
    const std::size_t name_end = stat.rfind(')');  // the name may hold anything
    if (name_end == std::string::npos) return {};
    // Of the fields behind the name, from 0, with the space before the first.
    constexpr std::size_t kState = 1;
    constexpr std::size_t kThreads = 18;
    constexpr std::size_t kStartTime = 20;
    const std::vector<std::string_view> fields = split(std::string_view(stat).substr(name_end + 1), ' ');
    if (fields.size() <= kStartTime) return {};
    // It has ended, and nobody has asked how. The state alone is the first thread's: others may be ending still, in the middle of a write.
    if ((fields[kState] == "Z" || fields[kState] == "X") && (fields[kThreads] == "1" || fields[kThreads] == "0")) return {};
    std::string boot = read_file("/proc/sys/kernel/random/boot_id");
    while (!boot.empty() && boot.back() == '\n') boot.pop_back();
    return std::string(pid) + ' ' + std::string(fields[kStartTime]) + ' ' + boot;
}

std::string process_namespace() {
    std::error_code unknown;
    return std::filesystem::read_symlink("/proc/self/ns/pid", unknown).string();  // pid:[4026531836]
}

}  // namespace

std::string this_process() { return describe(std::to_string(::getpid())); }

bool is_alive(std::string_view process) {
    const std::string_view pid = process.substr(0, process.find(' '));
    return !pid.empty() && pid.find_first_not_of("0123456789") == std::string_view::npos && describe(pid) == process;
}

std::string this_holder() { return this_process() + ' ' + process_namespace(); }

bool has_ended(std::string_view holder) {
    const std::size_t end = holder.rfind(' ');
    if (end == std::string_view::npos) return false;
    const std::string_view process = holder.substr(0, end);
    const auto boot_of = [](std::string_view text) { return text.substr(text.rfind(' ') + 1); };
    const std::string self = this_process();
    if (process.empty() || self.empty()) return false;  // without /proc nothing is certain
    if (boot_of(process) != boot_of(self)) return !boot_of(process).empty() && !boot_of(self).empty();
    return holder.substr(end + 1) == process_namespace() && !is_alive(process);
}

}  // namespace veritag::store
