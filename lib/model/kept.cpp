#include "model/kept.h"

#include "model/finding_fields.h"
#include "model/serial.h"

namespace veritag {
namespace {

constexpr std::string_view kForm = "VKF1";

}  // namespace

// The highest enumerator of each, for the reader's check. Found by argument, so beside the types.
constexpr ComponentKind last_of(ComponentKind) { return ComponentKind::app; }
constexpr Tier last_of(Tier) { return Tier::app; }
constexpr Verdict last_of(Verdict) { return Verdict::error; }
constexpr PackageType last_of(PackageType) { return PackageType::conda; }
constexpr ErrorCode last_of(ErrorCode) { return ErrorCode::internal; }

template <class Archive> void fields(Archive& a, Claim& v) { a(v.component, v.kind, v.version, v.from_repository, v.text, v.floating, v.stood_for, v.guessed); }
template <class Archive> void fields(Archive& a, Observation& v) { a(v.component, v.kind, v.version, v.evidence, v.proof); }
template <class Archive> void fields(Archive& a, Fact& v) { a(v.component, v.name, v.value, v.evidence); }
template <class Archive> void fields(Archive& a, Package& v) { a(v.type, v.name, v.version, v.arch, v.path, v.layer); }
template <class Archive> void fields(Archive& a, Problem& v) { a(v.path, v.message); }
template <class Archive> void fields(Archive& a, ForeignArchitecture& v) { a(v.architecture, v.count, v.judged, v.evidence); }
template <class Archive> void fields(Archive& a, ForgedLayer& v) { a(v.layer, v.claimed, v.observed); }
template <class Archive> void fields(Archive& a, Error& v) { a(v.code, v.what, v.where, v.saw, v.hint); }
template <class Archive> void fields(Archive& a, PackageCounts& v) { a(v.rpm, v.deb, v.apk, v.python, v.conda); }
template <class Archive> void fields(Archive& a, Ancestor& v) { a(v.reference, v.digest, v.layers, v.current); }
template <class Archive> void fields(Archive& a, Skipped& v) { a(v.reference, v.digest, v.reason); }

template <class Archive> void fields(Archive& a, ImageFacts& v) {
    a(v.diff_ids, v.observations, v.facts, v.facts_read, v.packages, v.problems, v.packages_complete, v.could_hold, v.placeholders, v.application_elsewhere, v.foreign_packages, v.foreign_code);
}

template <class Archive> void fields(Archive& a, ReadImage& v) { a(v.facts, v.restored_layers, v.partial_layers, v.forged); }

template <class Archive> void fields(Archive& a, ImageReport& v) {
    a(v.reference, v.registry, v.repository, v.tag, v.index_digest, v.digest, v.platform, v.diff_ids, v.restored_layers, v.partial_layers, v.verdict, v.error, v.manifest_absent, v.grammar,
      v.tier, v.dev, v.claims, v.observed, v.packages, v.lineage, v.findings, v.problems);
}

template <class Archive> void fields(Archive& a, KeptImage& v) { a(v.place, v.image); }

template <class Archive> void fields(Archive& a, ListedTarget& v) { a(v.target, v.driver, v.repositories, v.tags, v.notes, v.error); }
template <class Archive> void fields(Archive& a, Report& v) { a(v.tool_version, v.rules_digest, v.generated, v.findings, v.targets, v.bytes_fetched, v.layers_analyzed, v.layers_reused); }
template <class Archive> void fields(Archive& a, JudgedReference& v) { a(v.top, v.images, v.skipped); }

namespace {

template <class T>
std::string write(const T& value) {
    serial::Writer out;
    out(std::string(kForm), value);
    return out.take();
}

template <class T>
Result<T> read(std::string_view bytes, std::string_view what, void (*read_rest)(serial::Reader& in, T& value) = nullptr) {
    serial::Reader in(bytes);
    std::string form;
    T value;
    in(form);
    if (form == kForm) in(value);
    if (form == kForm && read_rest != nullptr && in.ok() && !in.at_end()) read_rest(in, value);
    if (form != kForm || !in.at_end()) return Error{ErrorCode::malformed, std::string(what), "", "it is not in the form " + std::string(kForm), ""};
    return value;
}

}  // namespace

std::string_view kept_form() noexcept { return kForm; }

std::string serialise(const ReadImage& image) { return write(image); }
Result<ReadImage> deserialise_read_image(std::string_view bytes) { return read<ReadImage>(bytes, "read kept image"); }
// What is seldom there stands behind the rest, and only where it is there.
std::string serialise(const JudgedReference& reference) {
    serial::Writer out;
    out(std::string(kForm), reference);
    if (!reference.kept.empty()) out(reference.kept);
    return out.take();
}
Result<JudgedReference> deserialise_judged_reference(std::string_view bytes) { return read<JudgedReference>(bytes, "read kept report", [](serial::Reader& in, JudgedReference& value) { in(value.kept); }); }
std::string serialise(const Report& outcome) { return write(outcome); }
Result<Report> deserialise_report(std::string_view bytes) { return read<Report>(bytes, "read kept outcome"); }

}  // namespace veritag
