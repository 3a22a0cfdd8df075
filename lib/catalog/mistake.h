// Something in a file of the tree that cannot be right.
#pragma once

#include <string>

namespace veritag::catalog {

struct Mistake {
    int line = 0;         ///< from 1
    std::string message;  ///< one sentence without its full stop, fit to be printed
    bool harmless = false;  ///< superfluous, and nothing is lost by it
};

}  // namespace veritag::catalog
