// Bytes that nobody can guess, from the kernel.
#pragma once

#include <cstddef>
#include <string>

namespace veritag::store {

std::string random_bytes(std::size_t count);
std::string random_hex(std::size_t bytes);  ///< two lower-case digits a byte

}  // namespace veritag::store
