// modules: hooks oci
// A request of anybody who can reach the daemon, read as each kind of sender would have it, with every way to authenticate.
#include "base/text.h"
#include "hook_file.h"
#include "hooks/handshake.h"
#include "hooks/hook.h"
#include "oci/reference.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace veritag;
using namespace veritag::hooks;

namespace {

bool is_fit_for_messages(const std::string& text) { return is_valid_utf8(text) && text.size() < 600 && text.find('\n') == std::string::npos; }

void check_events(const HookEvents& found, const Limits& limits) {
    VERITAG_ASSERT(found.entries == found.events.size() + found.ignored_entries);
    VERITAG_ASSERT(found.events.size() <= limits.hook_events && found.ignored.size() <= kMostReasons);
    for (const std::string& reason : found.ignored) VERITAG_ASSERT(is_fit_for_messages(reason));
    for (const PushEvent& event : found.events) {
        VERITAG_ASSERT(oci::is_valid_repository(event.repository));
        VERITAG_ASSERT(event.tag.empty() ? event.digest.has_value() : oci::is_valid_tag(event.tag));
        VERITAG_ASSERT(event.media_type.empty() || event.media_type.starts_with("application/vnd."));
        VERITAG_ASSERT(is_fit_for_messages(event.event_id) && is_fit_for_messages(event.actor) && is_fit_for_messages(event.registry_named));
        VERITAG_ASSERT(dedupe_key("s", event).size() > event.repository.size());
    }
}

void check_error(const Error& error) {
    VERITAG_ASSERT(http_status(error) >= 400 && http_status(error) < 500);
    VERITAG_ASSERT(is_fit_for_messages(error.message()));
}

void check_handshake(SenderKind kind, const Authentication& auth, const HookRequest& request) {
    const HandshakeAnswer answer = answer_handshake(kind, auth, {{}, 60}, request);
    VERITAG_ASSERT((answer.status == 200) == (answer.headers.size() == 3));
    for (const auto& [name, value] : answer.headers)
        for (const char c : value) VERITAG_ASSERT(c > ' ' && c < '\x7F');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HookRequest request = read_hook_file({reinterpret_cast<const char*>(data), size});
    Limits limits;
    limits.hook_events = 8;
    limits.hook_body_bytes = 16384;
    limits.json_depth = 16;
    for (const SenderKind kind : kSenderKinds) {
        const Result<HookEvents> found = parse_hook(kind, request, limits);
        if (found)
            check_events(*found, limits);
        else
            check_error(found.error());
        for (const AuthMethod method : kAuthMethods) {
            const Authentication auth{method, {"secret-of-the-path-in-fuzzing", "u:password"}, "X-Key"};
            if (const Result<HookEvents> received = receive_hook(kind, auth, request, limits); !received) check_error(received.error());
            check_handshake(kind, auth, request);
        }
    }
    return 0;
}
