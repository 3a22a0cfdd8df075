#include "rules/wanted_files.h"

#include "base/byte_reader.h"
#include "base/digest.h"

#include <algorithm>
#include <utility>

namespace veritag::rules {

WantedFiles::WantedFiles(std::vector<Want> wants, std::vector<DerivationWant> derivations) : wants_(std::move(wants)), derivations_(std::move(derivations)) {
    Hasher hasher;
    auto wanted = std::make_shared<GlobSet>();
    for (std::size_t i = 0; i < wants_.size(); ++i) {
        wanted->add(wants_[i].glob, static_cast<std::uint32_t>(i));
        hasher.update(wants_[i].glob + '\n' + std::to_string(wants_[i].head) + ' ' + std::to_string(wants_[i].smaller_than) + '\n');
    }
    auto derived = std::make_shared<GlobSet>();
    for (std::size_t i = 0; i < derivations_.size(); ++i) {
        const auto& [glob, derivation] = derivations_[i];
        derived->add(glob, static_cast<std::uint32_t>(i));
        hasher.update(glob + '\n' + derivation.how + ' ' + std::to_string(derivation.head) + '\n');
    }
    wanted_ = std::move(wanted);
    derived_ = std::move(derived);
    digest_ = hasher.finish().str();
}

std::uint64_t WantedFiles::bytes(std::string_view path, std::uint64_t size) const {
    std::vector<std::uint32_t> ids;
    wanted_->match(path, ids);
    std::uint64_t bytes = 0;
    for (const std::uint32_t id : ids) {
        const Want& want = wants_[id];
        if (want.smaller_than != 0 && size >= want.smaller_than) continue;
        bytes = std::max(bytes, want.head == 0 ? size : std::min(size, want.head));
    }
    return bytes;
}

std::vector<const Derivation*> WantedFiles::derivations(std::string_view path) const {
    std::vector<std::uint32_t> ids;
    derived_->match(path, ids);
    std::vector<const Derivation*> wanted;
    for (const std::uint32_t id : ids) {
        const Derivation& each = derivations_[id].derivation;
        const auto same = std::find_if(wanted.begin(), wanted.end(), [&](const Derivation* other) { return other->how == each.how; });
        if (same == wanted.end())
            wanted.push_back(&each);
        else if (each.head > (*same)->head)
            *same = &each;
    }
    return wanted;
}

bool WantedFiles::below(std::string_view directory) const { return wanted_->could_match_below(directory); }

// Numbers are u64 little endian, text is its length and its bytes, lists are their count and their items.
std::string WantedFiles::serialise() const {
    std::string out;
    const auto number = [&](std::uint64_t value) {
        for (int i = 0; i < 8; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
    };
    const auto text = [&](std::string_view value) {
        number(value.size());
        out += value;
    };
    number(wants_.size());
    for (const Want& want : wants_) {
        text(want.glob);
        number(want.head);
        number(want.smaller_than);
    }
    number(derivations_.size());
    for (const auto& [glob, derivation] : derivations_) {
        text(glob);
        text(derivation.how);
        number(static_cast<std::uint64_t>(derivation.decode));
        text(derivation.strings ? derivation.strings->text() : std::string_view());
        number(derivation.head);
    }
    return out;
}

Result<WantedFiles> WantedFiles::deserialise(std::string_view bytes) {
    constexpr std::string_view kWhat = "read wanted files";
    ByteReader in(bytes, "rules");
    const auto text = [&] { return std::string(in.text(in.u64le())); };
    std::vector<Want> wants;
    for (std::uint64_t n = in.u64le(); n > 0 && in.ok(); --n) {
        Want want;
        want.glob = text();
        want.head = in.u64le();
        want.smaller_than = in.u64le();
        if (!in.ok()) break;
        VERITAG_CHECK(check_glob(want.glob));
        wants.push_back(std::move(want));
    }
    std::vector<DerivationWant> derivations;
    for (std::uint64_t n = in.u64le(); n > 0 && in.ok(); --n) {
        DerivationWant want;
        want.glob = text();
        want.derivation.how = text();
        const std::uint64_t decode = in.u64le();
        const std::string strings = text();
        want.derivation.head = in.u64le();
        if (!in.ok()) break;
        VERITAG_CHECK(check_glob(want.glob));
        if (decode > static_cast<std::uint64_t>(Decode::safetensors)) return in.malformed(kWhat, "decoder " + std::to_string(decode));
        want.derivation.decode = static_cast<Decode>(decode);
        if (!strings.empty()) {
            VERITAG_TRY(want.derivation.strings, Pattern::compile(strings));
        }
        derivations.push_back(std::move(want));
    }
    if (!in.ok()) return in.truncated(kWhat);
    if (!in.at_end()) return in.malformed(kWhat, "bytes follow the end");
    return WantedFiles(std::move(wants), std::move(derivations));
}

}  // namespace veritag::rules
