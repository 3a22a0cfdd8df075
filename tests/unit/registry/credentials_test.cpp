#include "registry/credentials.h"

#include "base/text.h"
#include "registry/credential_helper.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace veritag::registry {
namespace {

using namespace std::chrono_literals;

/// A folder of its own, removed at the end.
class Folder {
public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "veritag-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
        const std::filesystem::path file = path_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
        ::chmod(file.c_str(), mode);
        return file.string();
    }
    [[nodiscard]] std::string str() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

Environment environment_of(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::string() : found->second;
    };
}

Result<std::optional<Credential>> no_helper(const std::string& name, const std::string&, std::stop_token) {
    return Error{ErrorCode::config, "run credential helper", name, "none expected", ""};
}

CredentialStore store_of(std::map<std::string, std::string> variables, HelperRunner helper = no_helper) {
    CredentialPlaces places;
    variables.emplace("XDG_RUNTIME_DIR", "/nonexistent");
    places.environment = environment_of(std::move(variables));
    return {std::move(places), std::move(helper), Limits{}};
}

std::string found(CredentialStore& store, const std::string& registry, const std::string& repository) {
    const Result<Credential> credential = store.find(registry, repository, {});
    if (!credential) return credential.error().message();
    return credential->username + ":" + credential->password + ":" + credential->identity_token + ":" + credential->registry_token;
}

struct KeyCase {
    const char* name;
    const char* key;
    const char* reads;
};
class AuthKeys : public testing::TestWithParam<KeyCase> {};
TEST_P(AuthKeys, Normalise) { EXPECT_EQ(normalise_auth_key(GetParam().key), GetParam().reads); }
INSTANTIATE_TEST_SUITE_P(
    Table, AuthKeys,
    testing::Values(KeyCase{"Host", "Hub.Example", "hub.example"}, KeyCase{"Port", "hub.example:5000", "hub.example:5000"},
                    KeyCase{"Scheme", "https://hub.example", "hub.example"}, KeyCase{"Version", "https://hub.example/v1/", "hub.example"},
                    KeyCase{"V2", "http://hub.example/v2", "hub.example"}, KeyCase{"DockerHub", "https://index.docker.io/v1/", "docker.io"},
                    KeyCase{"DockerApi", "registry-1.docker.io", "docker.io"},
                    KeyCase{"Namespace", "hub.example/ns/Repo/", "hub.example/ns/Repo"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(AuthKeysLookup, LongestNamespaceFirst) {
    EXPECT_EQ(join(auth_keys("hub.example:5000", "a/b"), " "), "hub.example:5000/a/b hub.example:5000/a hub.example:5000");
    EXPECT_EQ(join(auth_keys("docker.io", "library/x"), " "), "docker.io/library/x docker.io/library docker.io");
}

TEST(AuthFiles, LongestNamespaceWins) {
    const std::string text = R"({"auths":{
        "hub.example":{"auth":"aG9zdDpwMQ=="}, "hub.example/ns":{"auth":"bnM6cDI="},
        "https://index.docker.io/v1/":{"auth":"ZG9ja2VyOmE6Yg=="},
        "id.example":{"auth":"PHRva2VuPjo=","identitytoken":"idt"}, "reg.example":{"registrytoken":"rt"}, "empty.example":{}}})";
    CredentialStore store = store_of({{"DOCKER_AUTH_CONFIG", text}});
    EXPECT_EQ(found(store, "hub.example", "ns/repo"), "ns:p2::");
    EXPECT_EQ(found(store, "hub.example", "nsx/repo"), "host:p1::");
    EXPECT_EQ(found(store, "docker.io", "library/x"), "docker:a:b::");  // the first colon parts
    EXPECT_EQ(found(store, "id.example", "x"), "<token>::idt:");
    EXPECT_EQ(found(store, "reg.example", "x"), ":::rt");
    EXPECT_EQ(found(store, "empty.example", "x"), ":::");
    EXPECT_EQ(found(store, "hub.example:5000", "x"), ":::");
}

TEST(AuthFiles, TrailingNulIsNoPassword) {
    CredentialStore store = store_of({{"DOCKER_AUTH_CONFIG", R"({"auths":{"h":{"auth":"dTpwAAA="}}})"}});
    EXPECT_EQ(found(store, "h", "x"), "u:p::");
}

TEST(AuthFiles, ABadEntryCostsOnlyItself) {
    CredentialStore store = store_of({{"DOCKER_AUTH_CONFIG", R"({"auths":{"bad":{"auth":"SECRET!"},"good":{"auth":"dTpw"},"odd":17}})"}});
    EXPECT_EQ(found(store, "good", "x"), "u:p::");
    EXPECT_EQ(found(store, "odd", "x"), ":::");
    EXPECT_EQ(found(store, "bad", "x"), "read credentials: $DOCKER_AUTH_CONFIG: \"auth\" of \"bad\" is not the base64 of user:password");
}

TEST(AuthFiles, ErrorsNeverQuoteTheFile) {
    CredentialStore store = store_of({{"DOCKER_AUTH_CONFIG", R"({"auths":{"h":{"auth":"SECRET")"}});
    EXPECT_EQ(found(store, "h", "x"), "read credentials: $DOCKER_AUTH_CONFIG: not a JSON object");
}

TEST(AuthFiles, RegistryTokenMustFitAHeader) {
    CredentialStore store = store_of({{"DOCKER_AUTH_CONFIG", R"({"auths":{"h":{"registrytoken":"a\r\nb"}}})"}});
    EXPECT_EQ(found(store, "h", "x"),
              "read credentials: $DOCKER_AUTH_CONFIG: \"registrytoken\" of \"h\" holds white space or control bytes");
}

TEST(AuthPlaces, AreReadInOrder) {
    const Folder home;
    const auto auths = [](const char* host, const char* auth) {
        return std::string(R"({"auths":{")") + host + R"(":{"auth":")" + auth + R"("}}})";
    };
    home.write("run/containers/auth.json", auths("h", "cnVuOnA="));
    home.write(".config/containers/auth.json", auths("h2", "Y29uZmlnOnA="));
    home.write(".docker/config.json", auths("h3", "ZG9ja2VyOnA="));
    home.write(".dockercfg", R"({"https://h4/v1/":{"auth":"b2xkOnA=","email":"x"}})");
    const std::string named = home.write("named.json", auths("h", "bmFtZWQ6cA=="));

    CredentialStore places = store_of({{"HOME", home.str()}, {"XDG_RUNTIME_DIR", home.str() + "/run"}});
    EXPECT_EQ(found(places, "h", "x"), "run:p::");
    EXPECT_EQ(found(places, "h2", "x"), "config:p::");
    EXPECT_EQ(found(places, "h3", "x"), "docker:p::");
    EXPECT_EQ(found(places, "h4", "x"), "old:p::");

    CredentialStore variable = store_of({{"HOME", home.str()}, {"DOCKER_AUTH_CONFIG", auths("h3", "ZW52OnA=")}});
    EXPECT_EQ(found(variable, "h3", "x"), "env:p::");
    EXPECT_EQ(found(variable, "h2", "x"), "config:p::");  // files remain the fallback

    CredentialStore override_file = store_of({{"HOME", home.str()}, {"REGISTRY_AUTH_FILE", named}});
    EXPECT_EQ(found(override_file, "h", "x"), "named:p::");
    EXPECT_EQ(found(override_file, "h3", "x"), ":::");

    CredentialPlaces flags;
    flags.auth_file = named;
    flags.environment = environment_of({{"HOME", home.str()}});
    CredentialStore by_flag(flags, no_helper, Limits{});
    EXPECT_EQ(found(by_flag, "h", "x"), "named:p::");
    EXPECT_EQ(found(by_flag, "h3", "x"), ":::");

    flags.username = "u";
    flags.password = "p";
    CredentialStore by_user(flags, no_helper, Limits{});
    EXPECT_EQ(found(by_user, "h", "x"), "u:p::");
}

TEST(AuthPlaces, AFileNamedOnPurposeMustExist) {
    CredentialStore store = store_of({{"REGISTRY_AUTH_FILE", "/nonexistent/auth.json"}});
    EXPECT_EQ(found(store, "h", "x"), "read credentials: /nonexistent/auth.json: the file cannot be opened");
}

TEST(AuthPlaces, ForgetReadsAgain) {
    const Folder home;
    home.write(".docker/config.json", R"({"auths":{"h":{"auth":"YTpw"}}})");
    CredentialStore store = store_of({{"HOME", home.str()}});
    EXPECT_EQ(found(store, "h", "x"), "a:p::");
    home.write(".docker/config.json", R"({"auths":{"h":{"auth":"Yjpw"}}})");
    EXPECT_EQ(found(store, "h", "x"), "a:p::");
    store.forget();
    EXPECT_EQ(found(store, "h", "x"), "b:p::");
}

TEST(Helpers, HostHelperBeatsStoreBeatsInline) {
    std::vector<std::string> asked;
    const HelperRunner helper = [&](const std::string& name, const std::string& server,
                                    std::stop_token) -> Result<std::optional<Credential>> {
        asked.push_back(name + " " + server);
        if (name == "empty") return std::optional<Credential>();
        return std::optional<Credential>(Credential{name, "p", "", ""});
    };
    const std::string text = R"({"auths":{"inline.example":{"auth":"dTpw"}},"credsStore":"store","credHelpers":{"own.example":"own"}})";
    CredentialStore store = store_of({{"DOCKER_AUTH_CONFIG", text}}, helper);
    EXPECT_EQ(found(store, "own.example", "a/b"), "own:p::");
    EXPECT_EQ(found(store, "inline.example", "a"), "store:p::");
    EXPECT_EQ(found(store, "docker.io", "library/a"), "store:p::");
    EXPECT_EQ(found(store, "docker.io", "library/b"), "store:p::");  // remembered
    EXPECT_EQ(join(asked, ", "), "own own.example, store inline.example, store https://index.docker.io/v1/");

    CredentialStore fallback = store_of({{"DOCKER_AUTH_CONFIG", R"({"auths":{"h":{"auth":"dTpw"}},"credsStore":"empty"})"}}, helper);
    EXPECT_EQ(found(fallback, "h", "a"), "u:p::");
}

TEST(HelperNames, CannotLeaveTheirPlace) {
    for (const char* good : {"pass", "ecr-login", "a_b.c"}) EXPECT_TRUE(is_helper_name(good)) << good;
    for (const char* bad : {"", ".", "..", "a/b", "a b", "a;b", "$(a)", "a\n"}) EXPECT_FALSE(is_helper_name(bad)) << bad;
}

TEST(HelperOutput, IsRead) {
    const auto reads = [](bool well, const char* output) {
        const auto credential = parse_helper_output("x", well, output);
        if (!credential) return credential.error().message();
        if (!*credential) return std::string("none");
        return (*credential)->username + ":" + (*credential)->password + ":" + (*credential)->identity_token;
    };
    EXPECT_EQ(reads(true, R"({"ServerURL":"h","Username":"u","Secret":"s"})"), "u:s:");
    EXPECT_EQ(reads(true, R"({"Username":"<token>","Secret":"s"})"), "::s");
    EXPECT_EQ(reads(false, "credentials not found in native keychain\n"), "none");
    EXPECT_EQ(reads(true, "{}"), "none");
    EXPECT_EQ(
        reads(true, "SECRET"),
        "run credential helper: docker-credential-x: its output is no JSON object; check credsStore and credHelpers of the auth file");
    EXPECT_EQ(reads(false, "SECRET"),
              "run credential helper: docker-credential-x: it failed; check credsStore and credHelpers of the auth file");
}

/// Puts a folder with helpers in front of PATH.
class HelperRun : public testing::Test {
protected:
    void SetUp() override {
        old_path_ = std::getenv("PATH");
        ::setenv("PATH", (folder_.str() + ":" + old_path_).c_str(), 1);
    }
    void TearDown() override { ::setenv("PATH", old_path_.c_str(), 1); }
    void helper(const std::string& name, const std::string& script) const {
        folder_.write("docker-credential-" + name, "#!/bin/sh\n" + script + "\n", 0755);
    }
    Folder folder_;
    std::string old_path_;
};

TEST_F(HelperRun, GetsTheServerOnStdin) {
    helper("echo", R"(read server; [ "$1" = get ] && printf '{"Username":"%s","Secret":"s"}' "$server"; printf noise >&2)");
    const auto credential = run_credential_helper("echo", "hub.example:5000", 10s, {});
    ASSERT_TRUE(credential) << credential.error().message();
    ASSERT_TRUE(*credential);
    EXPECT_EQ((*credential)->username, "hub.example:5000");
}

TEST_F(HelperRun, MayIgnoreItsInputAndFail) {
    helper("none", "echo credentials not found in native keychain; exit 1");
    const auto none = run_credential_helper("none", "h", 10s, {});
    ASSERT_TRUE(none) << none.error().message();
    EXPECT_FALSE(*none);
}

TEST_F(HelperRun, IsEndedAfterItsTime) {
    helper("slow", "sleep 60");
    const auto slow = run_credential_helper("slow", "h", 100ms, {});
    ASSERT_FALSE(slow);
    EXPECT_EQ(slow.error().saw, "no answer within 100 ms");
}

TEST_F(HelperRun, IsEndedOnRequest) {
    helper("slow", "sleep 60");
    std::stop_source stop;
    stop.request_stop();
    const auto slow = run_credential_helper("slow", "h", 60s, stop.get_token());
    ASSERT_FALSE(slow);
    EXPECT_EQ(slow.error().code, ErrorCode::cancelled);
}

TEST_F(HelperRun, MustExist) {
    const auto absent = run_credential_helper("absent", "h", 10s, {});
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().saw, "it does not start: No such file or directory");
    const auto bad = run_credential_helper("../x", "h", 10s, {});
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().saw, "the name may hold only letters, digits, \".\", \"_\" and \"-\"");
}

TEST_F(HelperRun, OutputIsBounded) {
    helper("loud", "yes");
    const auto loud = run_credential_helper("loud", "h", 60s, {});
    ASSERT_FALSE(loud);
    EXPECT_EQ(loud.error().saw, "it printed over 1048576 bytes");
}

}  // namespace
}  // namespace veritag::registry
