// What an image shows once its layers are folded: the judge's only view of it. Plain data, made by detect.
#pragma once

#include "base/result.h"
#include "model/report.h"

#include <map>
#include <string>
#include <vector>

namespace veritag {

/// A property of a component's build (`cuda` = the toolkit a torch wheel was built for) and what shows it.
struct Fact {
    std::string component;
    std::string name;
    std::string value;
    Evidence evidence;
};

/// Packages, or programs and libraries, of one architecture, in the OCI's word (`amd64`), that is not the platform's. A few of them
/// are normal (multilib, cross tools, code for the cores of a device).
struct ForeignArchitecture {
    std::string architecture;
    std::size_t count = 0;      ///< of this architecture
    std::size_t judged = 0;     ///< in all that name an architecture
    std::vector<Evidence> evidence;  ///< a few of them
};

struct ImageFacts {
    std::vector<std::string> diff_ids;      ///< by layer, for evidence that the judge makes
    std::vector<Observation> observations;  ///< by component, strongest evidence first
    std::vector<Fact> facts;
    /// Components of which a file with facts was read, so that a missing fact means something.
    std::vector<std::string> facts_read;
    std::vector<Package> packages;
    std::vector<Problem> problems;          ///< what could not be read and is still there in the merged image
    /// A package database of the operating system is there and every one that is there was read whole.
    bool packages_complete = false;
    /// Live paths at which a component could be although nothing reads them, by component (a few each).
    std::map<std::string, std::vector<Evidence>> could_hold;
    /// Files that stand in for a component's content (Git LFS pointers), by component.
    std::map<std::string, std::vector<Evidence>> placeholders;
    /// Live paths outside of the places that packages and distributions of the application's name use, at which it could be too.
    std::vector<Evidence> application_elsewhere;
    std::vector<ForeignArchitecture> foreign_packages;
    std::vector<ForeignArchitecture> foreign_code;  ///< ELF programs and libraries
};

/// A layer whose content hashes to something else than the config's diff_id says.
struct ForgedLayer {
    int layer = 0;
    std::string claimed;   ///< the config's diff_id
    std::string observed;  ///< what the layer hashes to
};

/// All that judging an image needs of its layers.
struct ReadImage {
    ImageFacts facts;
    std::vector<int> restored_layers;  ///< as in ImageReport
    std::vector<int> partial_layers;
    std::vector<ForgedLayer> forged;
};

}  // namespace veritag
