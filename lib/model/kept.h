// The serial forms of what is kept of images between runs: what an image holds, and what was reported of it.
#pragma once

#include "base/result.h"
#include "model/image_facts.h"
#include "model/report.h"

#include <string>
#include <string_view>

namespace veritag {

/// Changes with the serial forms: what was written under another one cannot be read.
std::string_view kept_form() noexcept;

std::string serialise(const ReadImage& image);
/// `malformed` for anything that serialise() did not write.
Result<ReadImage> deserialise_read_image(std::string_view bytes);

/// Without the list of packages, which is long and is part of ReadImage.
std::string serialise(const JudgedReference& reference);
Result<JudgedReference> deserialise_judged_reference(std::string_view bytes);

/// Without images: what was listed, findings of no single image, counters.
std::string serialise(const Report& outcome);
Result<Report> deserialise_report(std::string_view bytes);

}  // namespace veritag
