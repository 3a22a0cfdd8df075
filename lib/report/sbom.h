// What the two bills of materials (CycloneDX and SPDX) have in common.
#pragma once

#include "model/report.h"
#include "report/writers.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::report {

/// Gives each wanted identifier once: a second one gets `separator` and a number behind it.
class UniqueNames {
public:
    explicit UniqueNames(std::string_view separator) : separator_(separator) {}
    std::string take(const std::string& wanted);

private:
    std::string separator_;
    std::set<std::string, std::less<>> taken_;
    std::map<std::string, std::size_t, std::less<>> next_;
};

/// Stands in a document where its identifier shall be; with_identifier() puts a hash of the whole document in the first place
/// of it. So the same report gives the same bytes, and documents that differ in anything have different identifiers.
inline constexpr std::string_view kNoIdentifier = "00000000-0000-0000-0000-000000000000";
std::string with_identifier(std::string document);

std::string name_of(const ImageReport& image);                   ///< `host/repository`, or the reference where it is all that is known
std::string diff_id_of(const ImageReport& image, int layer);     ///< empty where not known
std::string time_of(const Report& report);                       ///< `generated`; both formats demand one
std::string place_of(const ImageReport& image, int layer, Language language);  ///< `layer 2 sha256:…`, empty without a layer

/// An installed program or library that package databases alone show stands in the list of packages already. An operating
/// system, SDK, framework or model is listed for itself too: no single package is it, or says that it is one.
bool is_only_a_package(const Observation& observation);

/// A sentence for each target that could not be listed, or not to its end: what it holds is not in the report.
std::vector<std::string> unlisted_in(const Report& report, Language language);

/// Why nothing can be said of the image: empty where it was read.
std::string unreadable_because(const ImageReport& image, Language language);
/// Some of it could not be read, so there may be more in it than is listed.
bool is_partly_read(const ImageReport& image);

/// What veritag has to say of an image, one text each: that it could not be read, its findings, what was unreadable in it.
std::vector<std::string> remarks_on(const ImageReport& image, Language language);

}  // namespace veritag::report
