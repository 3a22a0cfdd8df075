#include "command_line.h"

#include "base/text.h"
#include "options.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace veritag::daemon {
namespace {

std::vector<CLI::App*> commands_of(CLI::App& app) {
    return app.get_subcommands([](CLI::App*) { return true; });
}

std::vector<std::string> names_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(each->get_name());
    return names;
}

std::vector<std::string> flags_of(const CLI::App& app) {
    std::vector<std::string> flags;
    for (const CLI::Option* each : app.get_options())
        for (const std::string& name : each->get_lnames()) flags.push_back("--" + name);
    return flags;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
    const std::string near = nearest_word(word, known);
    return near.empty() ? "" : "did you mean \"" + near + "\"? ";
}

}  // namespace

void add_common_flags(CLI::App& app) {
    for (CLI::App* command : commands_of(app)) {
        add_common_flags(*command);
        if (!names_of(*command).empty()) continue;  // a group
        static const std::string kMeaning = "No progress on stderr";
        if (command->get_option_no_throw("--no-progress") == nullptr) command->add_flag("--no-progress", kMeaning);
        if (command->get_option_no_throw("--log-level") != nullptr) continue;
        const auto log = std::make_shared<LogOptions>();
        log->add_to(*command);
        command->preparse_callback([log](std::size_t) { log->apply(); });
        for (const bool is_level : {true, false})
            command->get_option(is_level ? "--log-level" : "--log-format")->each([log, is_level](const std::string& name) {
                (is_level ? log->level : log->format) = name;
                log->apply();
            });
    }
}

void add_help(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("help", "Help of a command");
    const auto names = std::make_shared<std::vector<std::string>>();
    command->add_option("COMMAND", *names, "As it is written: scan, catalog check");
    command->footer("Example:\n  veritag help scan\n  veritag help catalog check");
    command->callback([&app, &exit_code, names] {
        CLI::App* found = &app;
        std::string words = "veritag";
        for (const std::string& name : *names) {
            CLI::App* next = nullptr;
            for (CLI::App* each : commands_of(*found))
                if (each->get_name() == name) next = each;
            if (next == nullptr) {
                exit_code = complain({ErrorCode::usage, "read command line", quote(name), "no such command (known: " + join(names_of(*found), ", ") + ")", did_you_mean(name, names_of(*found)) + "see veritag --help"});
                return;
            }
            words += ' ' + name;
            found = next;
        }
        std::fputs(found->get_formatter()->make_help(found, words, CLI::AppFormatMode::Normal).c_str(), stdout);  // help() would be that of `help`, which was chosen
        exit_code = kClean;
    });
}

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
    const CLI::App* command = &app;
    std::string name = "veritag";
    while (!command->get_subcommands().empty()) {
        command = command->get_subcommands().front();
        name += ' ' + command->get_name();
    }
    const std::string see = "see " + name + " --help";
    const std::vector<std::string> left = app.remaining(true);
    Error told{ErrorCode::usage, "read command line", "", quote(error.what(), 1000), see};
    if (const std::vector<std::string> known = names_of(*command); !known.empty()) {  // a command is missing
        if (left.empty()) {
            told.saw = "no command was named (known: " + join(known, ", ") + ")";
            return told;
        }
        told.where = quote(left.front());
        const bool is_flag = left.front().starts_with('-');
        told.saw = is_flag ? "no such option" : "no such command (known: " + join(known, ", ") + ")";
        told.hint = did_you_mean(left.front(), is_flag ? flags_of(*command) : known) + see;
    } else if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !left.empty()) {
        told.where = quote(join(left, " "));
        const bool is_flag = left.front().starts_with('-');
        told.saw = is_flag ? "no such option" : "not expected here";
        told.hint = (is_flag ? did_you_mean(left.front().substr(0, left.front().find('=')), flags_of(*command)) : std::string()) + see;
    }
    return told;
}

}  // namespace veritag::daemon
