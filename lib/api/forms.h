// What several routes read and write alike.
#pragma once

#include "base/result.h"
#include "report/writers.h"
#include "server/request.h"
#include "server/response.h"
#include "store/queue.h"
#include "store/store.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace veritag::report {
class JsonOutput;
}

namespace veritag::api {

/// The status that fits an error, and its text: what the caller did wrong in words, what we did wrong with the request's id.
server::Response problem_of(const Error& error, const std::string& request_id);

/// JSON with an ETag over its bytes.
server::Response tagged_json(std::string json);
server::Response tagged(std::string_view content_type, std::string body);

/// The query's parameters, each at most once, and none but `known`. An error is the reply's reason.
Result<void> check_query(const server::Request& request, std::initializer_list<std::string_view> known);
std::string parameter(const server::Request& request, std::string_view name);
/// `limit`, 1 to `most`.
Result<std::size_t> page_limit(const server::Request& request, std::size_t usual, std::size_t most);

/// What Accept-Language likes best of English and Chinese (RFC 9110, 12.5.4); English where it likes neither.
report::Language preferred_language(const server::RequestHead& request);
/// By the query's `lang`, else by Accept-Language.
Result<report::WriteOptions> write_options(const server::Request& request);
Result<report::Language> language_of(const server::Request& request);
/// A problem document (RFC 9457, 3.1.4) in the language that was asked for, as far as its detail is known; any other response as it is. The title stays the status's own.
server::Response in_language_of(const server::Request& request, server::Response response);

/// A positive number of a path, as ids are.
std::optional<std::int64_t> parse_id(std::string_view text);

/// One text member of a JSON object in the body; anything else in it is an error that names it.
Result<std::string> only_member(const server::Request& request, std::string_view name);

/// `state`: what the store and the queue know of it together.
void write_audit(report::JsonOutput& out, const store::AuditRecord& audit, std::string_view state, report::Language language);
void write_job(report::JsonOutput& out, const store::JobInfo& job, report::Language language);

}  // namespace veritag::api
