// The serial fields (serial.h) of a finding and its evidence, for all forms that hold some. For .cpp files only. A change here is a
// change of every such form.
#pragma once

#include "model/report.h"

namespace veritag {

// The highest enumerator of each, for the reader's check. Found by argument, so beside the types.
constexpr EvidenceSource last_of(EvidenceSource) { return EvidenceSource::history; }
constexpr Severity last_of(Severity) { return Severity::info; }

template <class Archive> void fields(Archive& a, Evidence& v) { a(v.source, v.path, v.layer, v.diff_id, v.detail); }

template <class Archive> void fields(Archive& a, Finding& v) {
    a(v.code, v.severity, v.component, v.claimed, v.observed, v.message, v.evidence, v.suggestion, v.file, v.line);
}

}  // namespace veritag
