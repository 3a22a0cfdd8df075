// modules: attach
// What anybody may attach to an image: statements, and lists of referrers, read and changed.
#include "attach/statement.h"
#include "oci/artifact.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace veritag;

namespace {

void check_statement(std::string_view body, const Limits& limits) {
    const Result<attach::Statement> statement = attach::parse_statement(body, limits);
    if (!statement) {
        VERITAG_ASSERT(!statement.error().message().empty());
        return;
    }
    VERITAG_ASSERT(!statement->subject.empty() && !statement->images.empty());
    for (const attach::JudgedImage& image : statement->images) VERITAG_ASSERT(!is_worse(image.verdict, statement->verdict));
    // Cut once, texts stay as they are.
    const Result<std::string> text = attach::write_statement(*statement, limits);
    if (!text) return;
    const Result<attach::Statement> again = attach::parse_statement(*text, limits);
    VERITAG_ASSERT(again);
    const Result<std::string> same = attach::write_statement(*again, limits);
    VERITAG_ASSERT(!same || attach::parse_statement(*same, limits));
}

void check_list(std::string_view body, const Limits& limits) {
    const Result<oci::Referrers> before = oci::parse_referrers(body, limits);
    oci::Descriptor entry = oci::describe(oci::media_type::kOciManifest, "a report");
    entry.artifact_type = attach::kArtifactType;
    const Result<std::string> after = oci::add_referrer(body, entry, limits);
    VERITAG_ASSERT(before || !after);
    if (!after) return;
    VERITAG_ASSERT(after->size() <= limits.manifest_bytes || *after == body);
    const Result<oci::Referrers> now = oci::parse_referrers(*after, limits);
    if (!now) return;  // a number that was written shorter, or the like, may have passed a limit
    VERITAG_ASSERT(now->unreadable == before->unreadable || *after == body);
    VERITAG_ASSERT(now->entries.size() == before->entries.size() + 1 || *after == body);
    VERITAG_ASSERT(*oci::add_referrer(*after, entry, limits) == *after);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    Limits limits;
    limits.statement_bytes = 256 << 10;
    limits.manifest_bytes = 256 << 10;
    limits.referrers = 50;
    check_statement(text, limits);
    check_list(text, limits);
    return 0;
}
