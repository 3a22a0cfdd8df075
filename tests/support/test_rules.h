// A small rule set of invented products, so that tests of the engine do not move when the real packs do.
#pragma once

#include "rules/rules.h"

#include <cstdlib>
#include <iostream>

namespace veritag::test {

inline constexpr const char* kTestPacks[] = {
    R"(component: puffin
kind: os
title: Puffin Linux
names: [pf]
compare: exact
evidence:
  - {file: [etc/os-release, usr/lib/os-release], when: '(?m)^ID=puffin$', read: '(?m)^VERSION=(\S+)'}
  - {rpm: puffin-release, read: '^([0-9.]+)'}
dist:
  - {rpm: '\.pf(\d)(\d)(?:$|\.)', version: '\1.\2'}
  - {rpm: '\.pf(?:$|\.)'}
examples: []
)",
    R"(component: heron
kind: os
title: Heron
names: [hr]
compare: exact
evidence:
  - {file: [etc/os-release, usr/lib/os-release], when: '(?m)^ID=heron$', read: '(?m)^VERSION=(\S+)'}
dist: [{rpm: '\.hr\d+(?:$|\.)'}]
examples: []
)",
    R"(component: redkit
kind: sdk
title: RedKit
vendor: red
names: [redkit]
compare: exact
evidence:
  - {file: 'opt/redkit/*/version.txt', read: '(?m)^version=(\S+)'}
  - {environment: REDKIT_VERSION}
could-hold: ['opt/redkit/**', '**/libred.so*']
could-hold-except: ['opt/redkit/driver/**']
examples: []
)",
    R"(component: bluekit
kind: sdk
title: BlueKit
vendor: blue
names: [bluekit]
compare: prefix
evidence:
  - {path: 'opt/bluekit-*/lib/libblue.so.*', read: 'libblue\.so\.(\d+\.\d+\.\d+)$'}
could-hold: ['opt/bluekit*/**']
examples: []
)",
    R"(component: flame
kind: framework
title: Flame
names: [flame]
compare: pep440
evidence:
  - {file: '**/flame/version.py', read: "(?m)^version = '([^']+)'"}
  - {python: flame}
facts:
  - {name: blue, file: '**/flame/version.py', read: "(?m)^blue = '([^']+)'"}
  - {name: red, file: '**/flame/version.py', read: "(?m)^red = '([^']+)'"}
backends:
  - {sdk: redkit, needs: [flame_red], refuses: [blue]}
  - {sdk: bluekit, needs-any-fact: [blue]}
could-hold: ['**/flame/**']
examples: []
)",
    R"(component: flame_red
kind: tool
title: Flame for RedKit
names: [flame_red]
compare: pep440
evidence:
  - {python: flame-red}
could-hold: ['**/flame_red/**']
examples: []
)",
    R"(component: ember
kind: framework
title: Ember
names: [ember]
evidence: [{python: ember}]
facts:
  - {name: red, path: '**/libember_red.so'}
backends:
  - {sdk: redkit, needs-any-fact: [red]}
could-hold: ['**/ember/**']
examples: []
)",
    R"(component: reed
kind: framework
title: Reed
names: [reed]
evidence: [{python: reed}]
facts:
  - {name: bluekit, file: '**/reed/version.py', read: "(?m)^blue = '([^']+)'"}
backends:
  - {sdk: bluekit, needs-any-fact: [bluekit]}
could-hold: ['**/reed/**']
examples: []
)",
    R"(component: bird7b
kind: llm
title: Bird 7B
versioned: false
names: [bird7b]
evidence:
  - {file: '**/config.json', json-when: {/model: bird7b}, weights: ['*.weights'], weights-min: 1000}
could-hold: ['**/*.gguf']
examples: []
)",
    R"(component: birdserver
kind: llm
title: Bird Server
versioned: false
exclusive: false
names: [birdserver]
evidence:
  - {python: birdserver}
could-hold: ['**/birdserver/**']
examples: []
)",
    R"(component: fish7b
kind: llm
title: Fish 7B
versioned: false
names: [fish7b]
evidence:
  - {file: '**/config.json', json-when: {/model: fish7b}, weights: ['*.weights'], weights-min: 1000}
could-hold: ['**/*.gguf']
examples: []
)",
    R"(component: gull
kind: os
title: Gull
names: [gl]
evidence: []
dist: [{rpm: '\.hr9(?:$|\.)'}]
examples: []
)",
    R"(component: redflavour
kind: tool
title: RedKit flavour
levels: [base, runtime, devel]
expects: {runtime: [redlib], devel: [redlib]}
compare: exact
evidence:
  - {rpm: red-devel, is: devel}
  - {rpm: red-libs, is: runtime}
  - {path: 'opt/redkit/*/lib/libredrt.so', is: base}
could-hold: ['**/bin/redcc']
examples: []
)",
    R"(component: looseflavour
kind: tool
title: Loose flavour
levels: [small, large]
expects: {large: [plume]}
evidence:
  - {rpm: loose-small, is: small}
  - {rpm: loose-large, is: large}
examples: []
)",
    R"(component: redlib
kind: tool
title: RedLib
evidence: [{rpm: redlib}]
could-hold: ['**/libredlib.so*']
examples: []
)",
    R"(component: builders
kind: tool
title: Building tools
role: development
evidence:
  - {rpm: cc, read: '()'}
  - {rpm: '*-headers', read: '()', at-least: 3}
could-hold: ['**/bin/cc', '**/bin/make']
examples: []
)",
    R"(component: plume
kind: tool
title: Plume
names: [plume]
evidence:
  - {elf: 'lib/libplume*', strings: 'plume (\d+(?:\.\d+)*)'}
  - {path: 'opt/plume/bin/plume', min-size: 2000}
examples: []
)",
    R"(component: stork
kind: tool
title: Stork
names: [stork]
evidence:
  - {file: '**/nest.cfg', read: '(?m)^version=(\S+)', weights: ['bin/st*'], weights-min: 1}
examples: []
)",
    R"(component: quill
kind: tool
title: Quill
unproven: info
names: [quill]
evidence:
  - {rpm: quill, read: '^(\d[\d.]*)'}
could-hold: ['opt/quill/**']
examples: []
)",
    R"(component: owl
kind: llm
title: Owl
versioned: false
names: [owl]
evidence:
  - {file: '**/*.owl', decode: gguf, head: 4096, min-size: 5000, when: '(?m)^general\.architecture=owl$'}
  - {file: '**/*.nest', decode: safetensors, head: 4096, when: '(?m)^tensor owl\.wing '}
  - {file: '**/index/owl.json', json-when: {/model: owl}, weights: ['../*.feathers', '../../*.feathers'], weights-min: 1000}
could-hold: ['**/*.owlet']
examples: []
)",
    R"(grammar: test
title: test tags
priority: 1
repositories: ['**']
order: [llm, framework, tool, sdk, tool, os]
forms:
  - {pattern: '(?P<parts>.+)'}
examples: []
)"};

inline rules::RuleSet test_rules() {
    std::vector<rules::PackText> packs;
    int number = 0;
    for (const char* text : kTestPacks) packs.push_back({"test" + std::to_string(++number) + ".yaml", text});
    Result<rules::RuleSet> rules = rules::load_rules(packs);
    if (!rules) {
        std::cerr << rules.error().message() << "\n";
        std::abort();
    }
    return std::move(*rules);
}

}  // namespace veritag::test
