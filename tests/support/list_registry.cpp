// Prints what the registry client lists: one line for each part of the answer, for tests against a real registry.
//   list_registry [--ca-file F] [--username U --password P] [--driver D] TARGET
//   list_registry … --tags HOST REPOSITORY
#include "registry/client.h"

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

using namespace veritag;
using namespace veritag::registry;

namespace {

int fail(const Error& error) {
    std::fprintf(stderr, "%s: %s\n", std::string(to_string(error.code)).c_str(), error.message().c_str());
    return 1;
}

void print(const char* name, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) std::printf("%s %s\n", name, line.c_str());
}

}  // namespace

int main(int argc, char** argv) {
    ClientOptions options;
    options.use_environment_auth = false;
    options.attempts = 8;
    options.backoff = std::chrono::milliseconds(5);
    options.backoff_cap = std::chrono::milliseconds(20);
    ListingDriver driver = ListingDriver::automatic;
    bool tags = false;
    std::vector<std::string> names;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        const std::string value = i + 1 < argc ? argv[i + 1] : "";
        if (argument == "--tags") {
            tags = true;
        } else if (!argument.starts_with("--")) {
            names.push_back(argument);
        } else {
            ++i;
            if (argument == "--ca-file") options.ca_file = value;
            if (argument == "--username") options.username = value;
            if (argument == "--password") options.password = value;
            if (argument == "--driver") driver = listing_driver_from(value).value_or(ListingDriver::automatic);
        }
    }
    RegistryClient client(options);
    if (tags) {
        if (names.size() != 2) return 2;
        const auto listing = client.list_tags(names[0], names[1]);
        if (!listing) return fail(listing.error());
        std::printf("pages %zu\n", listing->pages);
        print("note", listing->notes);
        print("tag", listing->tags);
        return 0;
    }
    if (names.size() != 1) return 2;
    auto target = parse_listing_target(names[0]);
    if (!target) return fail(target.error());
    target->driver = driver;
    const auto listing = client.list_repositories(*target);
    if (!listing) return fail(listing.error());
    std::printf("driver %s\npages %zu\n", listing->driver.c_str(), listing->pages);
    print("note", listing->notes);
    print("repository", listing->repositories);
    return 0;
}
