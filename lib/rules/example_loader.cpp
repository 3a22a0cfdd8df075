#include "rules/example_loader.h"

#include "base/text.h"

#include <algorithm>

namespace veritag::rules {
namespace {

using Kind = YamlNode::Kind;

/// The keys that each kind of component example needs, by its first one.
struct ExampleKey {
    const char* key;
    Example::What what;
    Words needs;
};

const std::vector<ExampleKey>& example_keys() {
    using What = Example::What;
    static const std::vector<ExampleKey> kKeys{
        {"file", What::file, {"text", "reads"}},
        {"path", What::path, {"reads"}},
        {"rpm", What::package, {"version", "reads"}},
        {"deb", What::package, {"version", "reads"}},
        {"apk", What::package, {"version", "reads"}},
        {"python", What::package, {"version", "reads"}},
        {"conda", What::package, {"version", "reads"}},
        {"elf", What::elf, {"reads"}},
        {"environment", What::environment, {"value", "reads"}},
        {"label", What::label, {"value", "reads"}},
        {"part", What::part, {"reads"}},
        {"canonical", What::canonical, {"reads"}},
        {"claimed", What::compare, {"observed", "holds"}},
        {"dist", What::dist, {"reads"}},
    };
    return kKeys;
}

Words component_example_words() {
    Words words;
    for (const ExampleKey& key : example_keys()) words.emplace_back(key.key);
    words.insert(words.end(), {"text", "version", "soname", "bytes", "value", "observed", "holds", "reads", "fact"});
    return words;
}

// A value of any kind as one line, as the examples compare it.
std::string flat_text(PackReader& reader, const YamlNode& node, const std::string& chain) {
    std::vector<std::string> pieces;
    switch (node.kind) {
        case Kind::null:
            return {};
        case Kind::scalar:
            return node.text;
        case Kind::list:
            return join(reader.texts(node, chain), " ");
        case Kind::map:
            reader.each_entry(node, chain, [&](const YamlNode& key, const YamlNode& value, const std::string& at) {
                pieces.push_back(key.text + "=" + (value.kind == Kind::null ? "" : reader.text(value, at)));
            });
            return join(pieces, " ");
    }
    return {};
}

}  // namespace

Example read_component_example(PackReader& reader, const YamlNode& node, const std::string& chain) {
    Example example;
    example.file = reader.path();
    example.line = node.line;
    Fields fields(reader, node, chain, component_example_words());
    if (!reader.ok()) return example;

    const ExampleKey* subject = nullptr;
    for (const ExampleKey& each : example_keys())
        if (fields.has(each.key)) {
            if (subject != nullptr)
                reader.fail(node, chain,
                            "both " + in_quotes(subject->key) + " and " + in_quotes(each.key) + "; one example shows one thing");
            subject = &each;
        }
    if (subject == nullptr) {
        reader.fail(node, chain,
                    "an example that shows nothing; it has one of: file, path, rpm, deb, apk, python, conda, elf, environment, label, "
                    "part, canonical, claimed, dist");
        return example;
    }
    example.what = subject->what;
    for (const std::string& key : subject->needs)
        if (!fields.has(key))
            reader.fail(node, chain, "the key " + in_quotes(key) + " is missing" + (key == "reads" ? " (null: nothing is read)" : ""));
    if (subject->what == Example::What::elf && reader.ok() && fields.has("soname") == fields.has("bytes"))
        reader.fail(node, chain, "an example of \"elf\" has either \"soname\" or \"bytes\"");
    for (std::size_t i = 0; i < node.keys.size() && reader.ok(); ++i) {
        const std::string& key = node.keys[i].text;
        const bool belongs =
            key == subject->key || key == "fact" || (subject->what == Example::What::elf && (key == "soname" || key == "bytes")) || std::find(subject->needs.begin(), subject->needs.end(), key) != subject->needs.end();
        if (!belongs) reader.fail(node.keys[i], fields.place(key), in_quotes(key) + " does not go with " + in_quotes(subject->key));
        if (key == "reads") continue;
        example.input[key] = key == "holds" ? (reader.boolean(node.items[i], fields.place(key)) ? "true" : "false")
                                            : reader.text(node.items[i], fields.place(key));
    }
    fields.with("reads", [&](const YamlNode& n, const std::string& at) {
        if (n.kind != Kind::null) example.reads = reader.text(n, at);
    });
    return example;
}

Example read_tag_example(PackReader& reader, const YamlNode& node, const std::string& chain) {
    Example example;
    example.what = Example::What::tag;
    example.file = reader.path();
    example.line = node.line;
    Fields fields(reader, node, chain,
                  {"registry", "repository", "tag", "claims", "tier", "findings", "truth", "writes", "dev", "parents"});
    for (const char* key : {"repository", "tag"})
        fields.require(key, [&](const YamlNode& n, const std::string& at) { (void)reader.text(n, at); });
    for (std::size_t i = 0; i < node.keys.size() && reader.ok(); ++i)
        if (node.items[i].kind != Kind::null)
            example.input[node.keys[i].text] = flat_text(reader, node.items[i], fields.place(node.keys[i].text));
    return example;
}

}  // namespace veritag::rules
