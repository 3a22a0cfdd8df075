// The members of a tar file by name, found by seeking over their content; nothing is unpacked.
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "source/local_file.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>

namespace veritag::source {

class TarMembers {
public:
    /// Reads every header of `file` up to the end marker. A compressed file is `unsupported`, with the command that unpacks it.
    static Result<TarMembers> read(std::shared_ptr<const LocalFile> file, const Limits& limits, const std::stop_token& stop);

    /// The content of a file; symlinks and hard links to other members are followed (old `docker save` shares layers that way).
    /// nullopt where there is no such member; a name that is there twice is `malformed`, since tools differ in which they take.
    [[nodiscard]] Result<std::optional<FilePart>> find(const std::string& path) const;
    [[nodiscard]] const LocalFile& file() const noexcept { return *file_; }

private:
    friend class MemberSink;
    struct Member {
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
        std::optional<std::string> link;  ///< the member it stands for, from the archive's root
        bool twice = false;
    };
    std::shared_ptr<const LocalFile> file_;
    std::unordered_map<std::string, Member> members_;
};

}  // namespace veritag::source
