#include "model/layer_analysis.h"

#include "base/byte_reader.h"

#include <algorithm>
#include <limits>

namespace veritag {

void PathIndex::add(const PathEntry& entry) {
    VERITAG_ASSERT(entry.path.size() <= std::numeric_limits<std::uint16_t>::max());
    VERITAG_ASSERT(entry.link_target.size() <= std::numeric_limits<std::uint16_t>::max());
    records_.push_back({.text_offset = text_.size(),
                        .size = entry.size,
                        .mode = entry.mode,
                        .path_length = static_cast<std::uint16_t>(entry.path.size()),
                        .link_length = static_cast<std::uint16_t>(entry.link_target.size()),
                        .type = entry.type,
                        .architecture = 0});
    text_ += entry.path;
    text_ += entry.link_target;
    if (!entry.architecture.empty()) set_architecture(records_.size() - 1, entry.architecture);
}

void PathIndex::set_architecture(std::size_t i, std::string_view architecture) {
    const auto known = std::find(architectures_.begin(), architectures_.end(), architecture);
    const auto index = static_cast<std::size_t>(known - architectures_.begin());
    if (index > std::numeric_limits<std::uint8_t>::max()) return;  // a made-up layer; more than 255 CPUs tell nothing more
    if (known == architectures_.end()) architectures_.emplace_back(architecture);
    records_[i].architecture = static_cast<std::uint8_t>(index);
}

PathEntry PathIndex::operator[](std::size_t i) const noexcept {
    const Record& record = records_[i];
    const std::string_view text = std::string_view(text_).substr(record.text_offset);
    return {.path = text.substr(0, record.path_length),
            .type = record.type,
            .size = record.size,
            .mode = record.mode,
            .link_target = text.substr(record.path_length, record.link_length),
            .architecture = architectures_[record.architecture]};
}

std::uint64_t kept_bytes(const LayerAnalysis& analysis) noexcept {
    std::uint64_t bytes = analysis.entries.bytes();
    for (const auto* list : {&analysis.whiteouts, &analysis.opaque_directories})
        for (const std::string& path : *list) bytes += sizeof path + path.size();
    for (const Capture& capture : analysis.captures) bytes += sizeof capture + capture.path.size() + capture.content.size();
    for (const Derived& derived : analysis.derived) bytes += sizeof derived + derived.path.size() + derived.how.size() + derived.text.size();
    for (const PackageDatabase& database : analysis.databases) {
        bytes += sizeof database + database.path.size() + database.source_directory.size();
        for (const Package& package : database.packages)
            bytes += sizeof package + package.name.size() + package.version.size() + package.arch.size() + package.path.size();
        for (const Problem& problem : database.problems) bytes += sizeof problem + problem.path.size() + problem.message.size();
    }
    return bytes;
}

// The form: magic "VLA3", then every field in order; numbers are u64 little endian, text is its length and its bytes,
// lists are their count and their items.
namespace {

constexpr std::string_view kMagic = "VLA3";
constexpr std::size_t kLongestArchitecture = 32;

class Writer {
public:
    void number(std::uint64_t value) {
        for (int i = 0; i < 8; ++i) out_ += static_cast<char>((value >> (8 * i)) & 0xFF);
    }
    void text(std::string_view value) {
        number(value.size());
        out_ += value;
    }
    void raw(std::string_view value) { out_ += value; }
    void problems(const std::vector<Problem>& list) {
        number(list.size());
        for (const Problem& problem : list) {
            text(problem.path);
            text(problem.message);
        }
    }
    std::string take() { return std::move(out_); }

private:
    std::string out_;
};

class Reader {
public:
    explicit Reader(std::string_view bytes) : in_(bytes, "layer analysis") {}
    std::uint64_t number() { return in_.u64le(); }
    std::string text() { return std::string(in_.text(in_.u64le())); }
    // A list of `count` items of at least `item_bytes` each cannot be longer than what is left.
    std::uint64_t count(std::uint64_t item_bytes) {
        const std::uint64_t value = in_.u64le();
        if (value > in_.remaining() / item_bytes) in_.skip(std::numeric_limits<std::uint64_t>::max());
        return in_.ok() ? value : 0;
    }
    std::vector<Problem> problems() {
        std::vector<Problem> list;
        for (std::uint64_t n = count(16); n > 0 && in_.ok(); --n) {
            Problem problem;
            problem.path = text();
            problem.message = text();
            list.push_back(std::move(problem));
        }
        return list;
    }
    Digest digest() {
        const std::string value = text();
        if (value.empty()) return {};
        const Result<Digest> parsed = Digest::parse(value);
        if (!parsed) in_.skip(std::numeric_limits<std::uint64_t>::max());
        return parsed ? *parsed : Digest{};
    }
    ByteReader& in() { return in_; }

private:
    ByteReader in_;
};

}  // namespace

std::string_view serial_form() noexcept { return kMagic; }

std::string serialise(const LayerAnalysis& analysis) {
    Writer out;
    out.raw(kMagic);
    out.text(analysis.blob_digest.str());
    out.number(analysis.blob_size);
    out.text(analysis.compression);
    out.number(analysis.partial ? 1 : 0);
    out.text(analysis.toc_digest.str());
    out.text(analysis.diff_id.str());
    out.number(analysis.tar_size);
    out.number(analysis.diff_ids_with_end_blocks.size());
    for (const Digest& digest : analysis.diff_ids_with_end_blocks) out.text(digest.str());
    out.number(analysis.entries.size());
    for (std::size_t i = 0; i < analysis.entries.size(); ++i) {
        const PathEntry entry = analysis.entries[i];
        out.text(entry.path);
        out.number(static_cast<std::uint64_t>(entry.type));
        out.number(entry.size);
        out.number(entry.mode);
        out.text(entry.link_target);
        out.text(entry.architecture);
    }
    for (const auto* list : {&analysis.whiteouts, &analysis.opaque_directories}) {
        out.number(list->size());
        for (const std::string& path : *list) out.text(path);
    }
    out.number(analysis.captures.size());
    for (const Capture& capture : analysis.captures) {
        out.text(capture.path);
        out.text(capture.content);
        out.number(capture.file_size);
    }
    out.number(analysis.derived.size());
    for (const Derived& derived : analysis.derived) {
        out.text(derived.path);
        out.text(derived.how);
        out.text(derived.text);
    }
    out.number(analysis.databases.size());
    for (const PackageDatabase& database : analysis.databases) {
        out.text(database.path);
        out.number(static_cast<std::uint64_t>(database.type));
        out.number(database.packages.size());
        for (const Package& package : database.packages) {
            out.number(static_cast<std::uint64_t>(package.type));
            out.text(package.name);
            out.text(package.version);
            out.text(package.arch);
        }
        out.problems(database.problems);
        out.text(database.source_directory);
    }
    out.problems(analysis.problems);
    return out.take();
}

Result<LayerAnalysis> deserialise_layer_analysis(std::string_view bytes, const Limits& limits) {
    constexpr std::string_view kWhat = "read stored layer analysis";
    Reader in(bytes);
    if (in.in().text(kMagic.size()) != kMagic) return in.in().malformed(kWhat, "no VLA3 at the start");
    LayerAnalysis analysis;
    analysis.blob_digest = in.digest();
    analysis.blob_size = in.number();
    analysis.compression = in.text();
    const std::uint64_t partial = in.number();
    if (partial > 1) return in.in().malformed(kWhat, "the mark of a partial reading is neither 0 nor 1");
    analysis.partial = partial == 1;
    analysis.toc_digest = in.digest();
    analysis.diff_id = in.digest();
    analysis.tar_size = in.number();
    for (std::uint64_t n = in.count(8); n > 0; --n) analysis.diff_ids_with_end_blocks.push_back(in.digest());
    for (std::uint64_t n = in.count(48); n > 0 && in.in().ok(); --n) {
        const std::string path = in.text();
        const std::uint64_t type = in.number();
        const std::uint64_t size = in.number();
        const std::uint64_t mode = in.number();
        const std::string target = in.text();
        const std::string architecture = in.text();
        if (path.size() > limits.path_bytes || target.size() > limits.path_bytes || architecture.size() > kLongestArchitecture || mode > 07777 || type > static_cast<std::uint64_t>(EntryType::fifo))
            return in.in().malformed(kWhat, "a path entry is out of range");
        if (!in.in().ok()) break;
        analysis.entries.add({.path = path, .type = static_cast<EntryType>(type), .size = size, .mode = static_cast<std::uint32_t>(mode), .link_target = target, .architecture = architecture});
        if (analysis.entries[analysis.entries.size() - 1].architecture != architecture) return in.in().malformed(kWhat, "more architectures than there are");
    }
    for (auto* list : {&analysis.whiteouts, &analysis.opaque_directories})
        for (std::uint64_t n = in.count(8); n > 0 && in.in().ok(); --n) list->push_back(in.text());
    for (std::uint64_t n = in.count(24); n > 0 && in.in().ok(); --n) {
        Capture capture;
        capture.path = in.text();
        capture.content = in.text();
        capture.file_size = in.number();
        analysis.captures.push_back(std::move(capture));
    }
    for (std::uint64_t n = in.count(24); n > 0 && in.in().ok(); --n) {
        Derived derived;
        derived.path = in.text();
        derived.how = in.text();
        derived.text = in.text();
        analysis.derived.push_back(std::move(derived));
    }
    for (std::uint64_t n = in.count(40); n > 0 && in.in().ok(); --n) {
        PackageDatabase database;
        database.path = in.text();
        const std::uint64_t type = in.number();
        if (type > static_cast<std::uint64_t>(PackageType::conda)) return in.in().malformed(kWhat, "a package type is out of range");
        database.type = static_cast<PackageType>(type);
        for (std::uint64_t packages = in.count(32); packages > 0 && in.in().ok(); --packages) {
            Package package;
            const std::uint64_t package_type = in.number();
            if (package_type > static_cast<std::uint64_t>(PackageType::conda)) return in.in().malformed(kWhat, "a package type is out of range");
            package.type = static_cast<PackageType>(package_type);
            package.name = in.text();
            package.version = in.text();
            package.arch = in.text();
            package.path = database.path;
            database.packages.push_back(std::move(package));
        }
        database.problems = in.problems();
        database.source_directory = in.text();
        analysis.databases.push_back(std::move(database));
    }
    analysis.problems = in.problems();
    if (!in.in().ok()) return in.in().truncated(kWhat);
    if (!in.in().at_end()) return in.in().malformed(kWhat, "bytes follow the end");
    return analysis;
}

}  // namespace veritag
