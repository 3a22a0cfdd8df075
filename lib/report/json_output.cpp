#include "report/json_output.h"

#include "base/text.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

namespace veritag::report {

struct JsonOutput::State {
    rapidjson::StringBuffer buffer;
    rapidjson::PrettyWriter<rapidjson::StringBuffer> out{buffer};
};

JsonOutput::JsonOutput() : state_(std::make_unique<State>()) { state_->out.SetIndent(' ', 2); }
JsonOutput::~JsonOutput() = default;

void JsonOutput::key(std::string_view name) { state_->out.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }
void JsonOutput::value(std::string_view text) {
    const std::string valid = to_valid_utf8(text);
    state_->out.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}
void JsonOutput::value(std::uint64_t count) { state_->out.Uint64(count); }
void JsonOutput::null(std::string_view name) {
    key(name);
    state_->out.Null();
}
void JsonOutput::flag(std::string_view name, bool is_set) {
    key(name);
    state_->out.Bool(is_set);
}
void JsonOutput::number(std::string_view name, std::uint64_t count) {
    key(name);
    value(count);
}
void JsonOutput::fraction(std::string_view name, double share) {
    key(name);
    state_->out.Double(share);
}
std::string JsonOutput::take() { return std::string(state_->buffer.GetString(), state_->buffer.GetSize()) + "\n"; }
void JsonOutput::start_object() { state_->out.StartObject(); }
void JsonOutput::end_object() { state_->out.EndObject(); }
void JsonOutput::start_list() { state_->out.StartArray(); }
void JsonOutput::end_list() { state_->out.EndArray(); }

void write_verdicts(JsonOutput& out, std::string_view name, const VerdictCounts& counts) {
    out.object(name, [&] {
        for (const Verdict verdict : kVerdicts) out.number(to_string(verdict), counts.of(verdict));
    });
}

}  // namespace veritag::report
