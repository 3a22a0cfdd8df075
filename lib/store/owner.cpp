#include "store/owner.h"

#include "base/text.h"

#include <unistd.h>

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
    constexpr std::size_t kStartTime = 20;  // of the fields behind the name, from 0, with the space before the first
    const std::vector<std::string_view> fields = split(std::string_view(stat).substr(name_end + 1), ' ');
    if (fields.size() <= kStartTime) return {};
    std::string boot = read_file("/proc/sys/kernel/random/boot_id");
    while (!boot.empty() && boot.back() == '\n') boot.pop_back();
    return std::string(pid) + ' ' + std::string(fields[kStartTime]) + ' ' + boot;
}

}  // namespace

std::string this_process() { return describe(std::to_string(::getpid())); }

bool is_alive(std::string_view process) {
    const std::string_view pid = process.substr(0, process.find(' '));
    return !pid.empty() && pid.find_first_not_of("0123456789") == std::string_view::npos && describe(pid) == process;
}

}  // namespace veritag::store
