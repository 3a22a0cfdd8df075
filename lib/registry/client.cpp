#include "registry/client.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "registry/credential_helper.h"
#include "registry/lister.h"
#include "registry/referrers.h"
#include "registry/session.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <unistd.h>

#include <exception>
#include <functional>
#include <future>
#include <thread>

namespace veritag::registry {
namespace {

constexpr std::chrono::seconds kHelperTimeout{30};

CredentialPlaces credential_places(const ClientOptions& options) {
    CredentialPlaces places;
    places.username = options.username;
    places.password = options.password;
    places.auth_file = options.auth_file;
    places.use_environment = options.use_environment_auth;
    places.user_id = ::getuid();
    return places;
}

Result<std::optional<Credential>> ask_helper(const std::string& name, const std::string& server, std::stop_token stop) {
    return run_credential_helper(name, server, kHelperTimeout, std::move(stop));
}

Error stopped(const Call& call) { return Error{ErrorCode::cancelled, call.what, call.where(), "stopped on request", ""}; }

// A reference may come from other places than parse_reference, and its parts go into a URL.
Result<Call> call_to(const ClientOptions& options, const oci::Reference& reference, std::string what, const std::string& kind,
                     const std::string& identifier) {
    Call call;
    call.what = std::move(what);
    const auto refuse = [&](std::string_view why) {
        return Error{ErrorCode::usage, call.what, quote(reference.registry + "/" + reference.repository), std::string(why), ""};
    };
    if (!oci::is_valid_repository(reference.repository)) return refuse("no valid repository name");
    const Result<Url> base = parse_url((options.plain_http ? "http://" : "https://") + reference.api_host());
    if (!base || base->target != "/") return refuse("no valid registry host");
    call.registry = reference.registry;
    call.origin = base->origin;
    call.repository = reference.repository;
    call.target = "/v2/" + reference.repository + "/" + kind + "/" + identifier;
    return call;
}

Result<Call> manifest_call(const ClientOptions& options, const oci::Reference& reference, std::string what) {
    if (!reference.digest && !oci::is_valid_tag(reference.tag))
        return Error{ErrorCode::usage, std::move(what), quote(reference.registry + "/" + reference.repository), "no valid tag or digest",
                     ""};
    VERITAG_TRY(Call call,
                call_to(options, reference, std::move(what), "manifests", reference.digest ? reference.digest->str() : reference.tag));
    call.headers.emplace_back("Accept", oci::media_type::accept_header());
    call.max_body = options.limits.manifest_bytes;
    call.limit_key = "limits.manifest_bytes";
    return call;
}

Result<Call> blob_call(const ClientOptions& options, const oci::Reference& repository, const oci::Descriptor& blob) {
    if (blob.digest.empty()) return Error{ErrorCode::usage, "fetch blob", quote(repository.repository), "a descriptor without digest", ""};
    VERITAG_TRY(Call call, call_to(options, repository, "fetch blob", "blobs", blob.digest.str()));
    call.headers.emplace_back("Accept", "*/*");
    call.max_body = blob.size;
    return call;
}

void as_push(Call& call, const ClientOptions& options) {
    call.pushes = true;
    call.max_body = options.limits.error_body_bytes;  // the answer is in the head
    call.limit_key = "limits.error_body_bytes";
}

// The digest that the registry names, if it is one. Behind some proxies it is absent, or not a digest at all.
std::optional<Digest> named_digest(const ReplyHead& head) {
    const Result<Digest> digest = Digest::parse(trim(head.header("Docker-Content-Digest")));
    return digest ? std::optional<Digest>(*digest) : std::nullopt;
}

class BlobSource final : public ByteSource {
public:
    BlobSource(std::shared_ptr<BlobPipe> pipe, std::stop_token stop)
        : pipe_(std::move(pipe)), on_stop_(std::move(stop), [pipe_to_stop = pipe_] { pipe_to_stop->cancel(); }) {}
    ~BlobSource() override { pipe_->cancel(); }
    Result<std::span<const std::byte>> next() override {
        if (error_) return *error_;
        Result<Chunk> chunk = pipe_->pop(std::move(chunk_));
        if (!chunk) {
            error_ = chunk.error();
            return *error_;
        }
        chunk_ = std::move(*chunk);
        return chunk_.bytes();
    }

private:
    std::shared_ptr<BlobPipe> pipe_;
    std::stop_callback<std::function<void()>> on_stop_;
    Chunk chunk_;
    std::optional<Error> error_;
};

}  // namespace

class RegistryClient::Impl {
public:
    explicit Impl(ClientOptions options)
        : options_(std::move(options)),
          io_(std::make_shared<asio::io_context>(1)),
          work_(asio::make_work_guard(*io_)),
          session_(std::make_unique<Session>(*io_, options_, proxy_settings(process_environment),
                                             CredentialStore(credential_places(options_), ask_helper, options_.limits))),
          thread_([io = io_] { io->run(); }) {}

    ~Impl() {
        asio::post(*io_, [this] { session_->shut_down(); });
        work_.reset();
        thread_.join();    // ends when the last coroutine has ended
        session_.reset();  // before the io_context that its sockets and timers belong to
    }

    Result<WholeReply> fetch(const Call& call, const std::stop_token& stop) {
        Tried<WholeReply> reply = try_to_fetch(call, stop);
        if (!reply) return reply.error().error;
        return std::move(*reply);
    }

    Tried<WholeReply> try_to_fetch(const Call& call, const std::stop_token& stop) {
        return run(call, [this, call](std::shared_ptr<CancelScope> scope) { return session_->fetch(call, std::move(scope)); }, stop);
    }

    Tried<WholeReply> try_to_upload(const Upload& upload, const std::stop_token& stop) {
        return run(upload.start, [this, upload](std::shared_ptr<CancelScope> scope) { return session_->upload(upload, std::move(scope)); }, stop);
    }
    std::unique_ptr<ByteSource> stream(Call call, std::uint64_t size, std::stop_token stop) {
        auto pipe = std::make_shared<BlobPipe>(io_, stopped(call));
        asio::post(*io_, [this, pipe, call = std::move(call), size] {
            session_->watch(std::shared_ptr<CancelScope>(pipe, &pipe->scope()));
            const auto report = [pipe, what = call.what, where = call.where()](const std::exception_ptr& exception) {
                if (exception) pipe->fail(Error{ErrorCode::internal, what, where, "it failed unexpectedly", ""});
            };
            asio::co_spawn(*io_, session_->stream_blob(call, size, pipe), report);
        });
        return std::make_unique<BlobSource>(std::move(pipe), std::move(stop));
    }

    [[nodiscard]] const ClientOptions& options() const noexcept { return options_; }
    [[nodiscard]] std::uint64_t bytes_fetched() const noexcept { return session_->http().bytes_fetched(); }

private:
    using Work = std::function<asio::awaitable<Tried<WholeReply>>(std::shared_ptr<CancelScope>)>;

    /// Does it on the I/O thread and waits for it.
    Tried<WholeReply> run(const Call& call, Work work, const std::stop_token& stop) {
        if (stop.stop_requested()) return Failure{stopped(call)};
        const auto scope = std::make_shared<CancelScope>();
        // Shared: the I/O thread may still be inside set_value() when this one has its answer already.
        const auto promise = std::make_shared<std::promise<Tried<WholeReply>>>();
        std::future<Tried<WholeReply>> future = promise->get_future();
        asio::post(*io_, [this, work = std::move(work), promise, scope] {
            session_->watch(scope);
            const auto report = [promise](const std::exception_ptr& exception) {
                if (exception) promise->set_exception(exception);
            };
            asio::co_spawn(*io_, do_work(work, promise, scope), report);
        });
        const std::function<void()> cancel = [this, scope] { asio::post(*io_, [scope] { scope->request(); }); };
        const std::stop_callback on_stop(stop, cancel);
        return future.get();
    }

    static asio::awaitable<void> do_work(Work work, std::shared_ptr<std::promise<Tried<WholeReply>>> promise, std::shared_ptr<CancelScope> scope) {
        asio::awaitable<Tried<WholeReply>> working = work(std::move(scope));
        Tried<WholeReply> reply = co_await std::move(working);
        promise->set_value(std::move(reply));
    }

    ClientOptions options_;
    std::shared_ptr<asio::io_context> io_;  // shared with blobs that outlive the client
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::unique_ptr<Session> session_;
    std::thread thread_;
};

RegistryClient::RegistryClient(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
RegistryClient::~RegistryClient() = default;

Result<std::optional<Digest>> RegistryClient::resolve(const oci::Reference& reference, std::stop_token stop) {
    VERITAG_TRY(Call call, manifest_call(impl_->options(), reference, "resolve tag"));
    call.method = "HEAD";
    VERITAG_TRY(const WholeReply reply, impl_->fetch(call, stop));
    return named_digest(reply.head);
}

Result<FetchedManifest> RegistryClient::fetch_manifest(const oci::Reference& reference, std::stop_token stop) {
    VERITAG_TRY(const Call call, manifest_call(impl_->options(), reference, "fetch manifest"));
    VERITAG_TRY(WholeReply reply, impl_->fetch(call, stop));
    const std::string_view encoding = trim(reply.head.header("Content-Encoding"));
    if (!encoding.empty() && !equals_ignoring_case(encoding, "identity"))
        return Error{ErrorCode::protocol, call.what, call.where(),
                     "Content-Encoding \"" + quote(encoding, 40) + "\" although none was asked for", ""};

    FetchedManifest manifest;
    manifest.content_type = std::string(reply.head.header("Content-Type"));
    manifest.etag = std::string(reply.head.header("ETag"));
    if (reference.digest) {
        VERITAG_CHECK(verify_digest(call.what, call.where(), reply.body, *reference.digest));
        manifest.digest = *reference.digest;
    } else {
        if (const auto named = named_digest(reply.head)) VERITAG_CHECK(verify_digest(call.what, call.where(), reply.body, *named));
        manifest.digest = sha256_of(reply.body);
    }
    manifest.body = std::move(reply.body);
    return manifest;
}

Result<std::string> RegistryClient::fetch_blob(const oci::Reference& repository, const oci::Descriptor& blob, std::uint64_t max_bytes,
                                               std::stop_token stop) {
    VERITAG_TRY(const Call call, blob_call(impl_->options(), repository, blob));
    if (blob.size > max_bytes) return limit_error(call.what, call.where(), blob.size, "limits.config_bytes", max_bytes);
    VERITAG_TRY(WholeReply reply, impl_->fetch(call, stop));
    if (reply.body.size() != blob.size)
        return Error{ErrorCode::truncated, call.what, call.where(),
                     std::to_string(reply.body.size()) + " bytes, but the descriptor says " + std::to_string(blob.size), ""};
    VERITAG_CHECK(verify_digest(call.what, call.where(), reply.body, blob.digest));
    return std::move(reply.body);
}

Result<std::string> RegistryClient::fetch_blob_range(const oci::Reference& repository, const oci::Descriptor& blob, std::uint64_t offset,
                                                     std::uint64_t length, std::stop_token stop) {
    VERITAG_TRY(Call call, blob_call(impl_->options(), repository, blob));
    call.what = "fetch part of blob";
    if (length == 0 || offset > blob.size || length > blob.size - offset)
        return Error{ErrorCode::malformed, call.what, call.where(),
                     std::to_string(length) + " bytes at " + std::to_string(offset) + " are not inside the blob of " + std::to_string(blob.size), ""};
    call.range = ByteRange{offset, length, blob.size};
    call.max_body = length;
    VERITAG_TRY(WholeReply reply, impl_->fetch(call, stop));
    return std::move(reply.body);
}

Result<std::unique_ptr<ByteSource>> RegistryClient::open_blob(const oci::Reference& repository, const oci::Descriptor& blob,
                                                              std::stop_token stop) {
    VERITAG_TRY(Call call, blob_call(impl_->options(), repository, blob));
    return impl_->stream(std::move(call), blob.size, std::move(stop));
}

Result<RepositoryListing> RegistryClient::list_repositories(const ListingTarget& target, std::stop_token stop) {
    Lister lister(impl_->options(), [&](const Call& call) { return impl_->try_to_fetch(call, stop); });
    return lister.repositories(target);
}

Result<TagListing> RegistryClient::list_tags(const std::string& registry, const std::string& repository, std::stop_token stop) {
    Lister lister(impl_->options(), [&](const Call& call) { return impl_->try_to_fetch(call, stop); });
    return lister.tags(registry, repository);
}

Result<void> RegistryClient::push_blob(const oci::Reference& repository, std::string_view content, std::stop_token stop) {
    Upload upload;
    upload.content = content;
    upload.digest = sha256_of(content).str();
    VERITAG_TRY(upload.probe, call_to(impl_->options(), repository, "look for blob", "blobs", upload.digest));
    upload.probe.method = "HEAD";
    upload.probe.headers.emplace_back("Accept", "*/*");
    VERITAG_TRY(upload.start, call_to(impl_->options(), repository, "push blob", "blobs", "uploads/"));
    upload.start.method = "POST";
    upload.start.good = {202};
    for (Call* call : {&upload.probe, &upload.start}) as_push(*call, impl_->options());
    const Tried<WholeReply> reply = impl_->try_to_upload(upload, stop);
    if (!reply) return reply.error().error;
    return ok();
}

Result<PushedManifest> RegistryClient::push_manifest(const oci::Reference& reference, std::string_view body, std::string_view media_type, std::string_view etag,
                                                     std::stop_token stop) {
    VERITAG_TRY(Call call, manifest_call(impl_->options(), reference, "push manifest"));
    call.method = "PUT";
    call.headers = {{"Content-Type", std::string(media_type)}};
    call.body = body;
    call.repeatable = reference.digest.has_value();
    call.good = {201, 200, 202, 204};
    as_push(call, impl_->options());
    if (!etag.empty()) {
        call.headers.emplace_back("If-Match", std::string(etag));
        call.good.push_back(412);
    }
    VERITAG_TRY(const WholeReply reply, impl_->fetch(call, stop));
    return PushedManifest{.stored = reply.head.status != 412, .subject_taken = !trim(reply.head.header("OCI-Subject")).empty()};
}

Result<std::optional<oci::Referrers>> RegistryClient::list_referrers(const oci::Reference& repository, const Digest& subject, std::string_view artifact_type,
                                                                     std::stop_token stop) {
    if (subject.empty()) return Error{ErrorCode::usage, "list referrers", quote(repository.repository), "no digest", ""};
    VERITAG_TRY(Call call, call_to(impl_->options(), repository, "list referrers", "referrers", subject.str()));
    if (!artifact_type.empty()) add_query(call.target, "artifactType", artifact_type);
    call.headers.emplace_back("Accept", std::string(oci::media_type::kOciIndex));
    call.max_body = impl_->options().limits.manifest_bytes;
    call.limit_key = "limits.manifest_bytes";
    return registry::list_referrers([&](const Call& page) { return impl_->try_to_fetch(page, stop); }, std::move(call), impl_->options().limits);
}

std::uint64_t RegistryClient::bytes_fetched() const noexcept { return impl_->bytes_fetched(); }

}  // namespace veritag::registry
