// Where a server listens.
#include "fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace veritag::server::test {
namespace {

Endpoint unix_at(const std::string& path, unsigned mode = 0660) {
    Endpoint endpoint;
    endpoint.kind = Endpoint::Kind::unix_socket;
    endpoint.path = path;
    endpoint.mode = mode;
    return endpoint;
}

unsigned mode_of(const std::string& path) {
    struct stat file {};
    return ::stat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode) ? file.st_mode & 0777U : 0;
}

class EndpointsTest : public ServerTest {
protected:
    EndpointsTest() {
        handler.on_request = [](const Request& request) {
            const auto& process = request.peer.process;
            return reply(200, "text/plain", request.peer.address + (process ? " " + std::to_string(process->uid) + " " + std::to_string(process->pid) : ""));
        };
    }
    [[nodiscard]] Error refusal() {
        Server other(options, handler);
        const Result<void> started = other.start();
        return started ? Error{} : started.error();
    }
    Folder folder;
};

TEST_F(EndpointsTest, UnixSocketKnowsItsPeer) {
    const std::string path = folder.file("api.sock");
    const mode_t before = ::umask(0);
    options.endpoints = {unix_at(path, 0640)};
    start();
    ::umask(before);
    EXPECT_EQ(mode_of(path), 0640U);
    Client client = Client::to_unix(path);
    EXPECT_EQ(client.ask(get("/"))->body, "unix " + std::to_string(::getuid()) + " " + std::to_string(::getpid()));
    EXPECT_EQ(to_string(server->endpoints().at(0)), "unix:" + path);
    server.reset();
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(EndpointsTest, ModeIsExactWhateverTheUmask) {
    const std::string path = folder.file("api.sock");
    const mode_t before = ::umask(077);
    options.endpoints = {unix_at(path, 0666)};
    start();
    ::umask(before);
    EXPECT_EQ(mode_of(path), 0666U);
}

TEST_F(EndpointsTest, AStaleSocketFileIsReplaced) {
    const std::string path = folder.file("api.sock");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(dead);
    ASSERT_TRUE(std::filesystem::exists(path));
    options.endpoints = {unix_at(path)};
    start();
    EXPECT_EQ(Client::to_unix(path).ask(get("/"))->status, 200);
}

TEST_F(EndpointsTest, NobodysSocketIsTaken) {
    const std::string path = folder.file("api.sock");
    options.endpoints = {unix_at(path)};
    start();
    EXPECT_EQ(refusal().saw, "another program listens there");
    EXPECT_EQ(Client::to_unix(path).ask(get("/"))->status, 200);  // still there
}

TEST_F(EndpointsTest, AFileThatIsNoSocketStays) {
    const std::string path = folder.file("precious");
    std::ofstream(path) << "text";
    options.endpoints = {unix_at(path)};
    EXPECT_EQ(refusal().saw, "there is a file that is no socket");
    EXPECT_TRUE(std::filesystem::is_regular_file(path));
    ASSERT_EQ(::symlink(path.c_str(), folder.file("link").c_str()), 0);
    options.endpoints = {unix_at(folder.file("link"))};
    EXPECT_EQ(refusal().saw, "there is a file that is no socket");
    options.endpoints = {unix_at("/" + std::string(108, 'a'))};
    EXPECT_EQ(refusal().saw, "the path has 109 bytes, 107 are allowed");
    options.endpoints = {unix_at(folder.file("missing/api.sock"))};
    EXPECT_NE(refusal().saw.find("open the folder"), std::string::npos);
}

TEST_F(EndpointsTest, ReplacedFileIsNotRemoved) {
    const std::string path = folder.file("api.sock");
    options.endpoints = {unix_at(path)};
    start();
    std::filesystem::remove(path);
    std::ofstream(path) << "somebody else's";
    server.reset();
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(EndpointsTest, SeveralAtOnce) {
    options.endpoints.push_back(unix_at(folder.file("api.sock")));
    options.endpoints.push_back(options.endpoints.front());
    start();
    ASSERT_EQ(server->endpoints().size(), 3U);
    EXPECT_NE(port(0), port(2));
    EXPECT_EQ(Client(port(0)).ask(get("/"))->body, "127.0.0.1");
    EXPECT_EQ(Client(port(2)).ask(get("/"))->body, "127.0.0.1");
    EXPECT_TRUE(Client::to_unix(folder.file("api.sock")).ask(get("/"))->body.starts_with("unix "));
}

TEST_F(EndpointsTest, AllAddresses) {
    options.endpoints[0].host.clear();
    start();
    EXPECT_EQ(Client(port()).ask(get("/"))->body, "127.0.0.1");  // also where IPv4 comes over an IPv6 socket
    EXPECT_NE(port(), 0);
}

TEST_F(EndpointsTest, Names) {
    options.endpoints[0].host = "localhost";
    start();
    ASSERT_FALSE(server->endpoints().empty());
    options.endpoints[0].host = "no-such-host.invalid";
    EXPECT_NE(refusal().saw.find("the name cannot be resolved"), std::string::npos);
}

TEST_F(EndpointsTest, ATakenPortIsAnError) {
    start();
    options.endpoints[0].port = static_cast<std::uint16_t>(port());
    const Error error = refusal();
    EXPECT_EQ(error.code, ErrorCode::io);
    EXPECT_EQ(error.hint, "another program listens there");
    options.endpoints.clear();
    EXPECT_EQ(refusal().saw, "no endpoint to listen on");
}

TEST_F(EndpointsTest, ADescriptorThatSomebodyPassed) {
    const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    options.endpoints[0].kind = Endpoint::Kind::descriptor;
    options.endpoints[0].descriptor = listening;
    EXPECT_EQ(refusal().saw, "not a listening stream socket");
    ASSERT_EQ(::listen(listening, 5), 0);
    for (int i = 0; i < 2; ++i) {  // the descriptor stays the caller's: good for another start
        start();
        EXPECT_EQ(server->endpoints().at(0).kind, Endpoint::Kind::tcp);
        EXPECT_EQ(server->endpoints().at(0).host, "127.0.0.1");
        EXPECT_EQ(Client(port()).ask(get("/"))->body, "127.0.0.1");
        server.reset();
    }
    ::close(listening);
    EXPECT_NE(refusal().saw.find("not a socket"), std::string::npos);
    const int file = ::open("/dev/null", O_RDONLY);
    options.endpoints[0].descriptor = file;
    EXPECT_NE(refusal().saw.find("not a socket"), std::string::npos);
    ::close(file);
}

}  // namespace
}  // namespace veritag::server::test
