#include "report/sentences.h"

namespace veritag::report {
namespace {

constexpr Sentence kOfSources[] = {
    {Part::action, "read file", "读取文件"},
    {Part::saw, "member \"{1}\" is there twice (upper and lower case are the same)", "成员“{1}”重复出现（不区分大小写）"},
    {Part::saw, "not JSON at byte {1:number}: a NUL follows the value (it begins with \"{2}\")", "第 {1} 字节处不是合法的 JSON：值之后有 NUL 字符（开头是“{2}”）"},
    {Part::saw, "not JSON at byte {1:number}: {2} (it begins with \"{3}\")", "第 {1} 字节处不是合法的 JSON：{2}（开头是“{3}”）"},
    {Part::saw, "{1:number} bytes, but the descriptor says {2:number}", "{1} 字节，描述符中写的却是 {2}"},
    {Part::hint, "the registry or something before it altered them", "镜像仓库或其前面的设备改动了内容"},
    {Part::saw, "{1:number} (limit {2:number})", "{1}（上限 {2}）"},
};

}  // namespace

std::span<const Sentence> sentences_of_sources() noexcept { return kOfSources; }

}  // namespace veritag::report
