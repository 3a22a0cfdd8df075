// An image of a registry whose manifests and config are looked for in the store first.
#pragma once

#include "base/limits.h"
#include "source/image_source.h"
#include "store/store.h"

#include <memory>

namespace veritag::scan {

/// The registry is still asked which digest a tag has; what lies behind a digest comes from the store where it is there. What was
/// fetched is kept there once it could be parsed. Layers pass through: what they hold is the scanner's to remember.
std::unique_ptr<source::ImageSource> remember_documents(std::unique_ptr<source::ImageSource> image, std::shared_ptr<store::Store> store, const Limits& limits);

/// An image of which only the store is asked: the manifests and the config that it holds, and no layer. What it lacks is `io`. `top` is what its
/// tag is taken to point to.
std::unique_ptr<source::ImageSource> open_stored_image(source::ImageName name, const Digest& top, std::shared_ptr<store::Store> store);

}  // namespace veritag::scan
