// The other side of the cage: the processes in which layers are inflated and parsed.
//
// veritag (network, credentials, blob digests)
//   └─ nursery: the same executable, started with one socket, no environment and no open file. It loads what all workers share, gives up
//      its access to files, and then only forks. It never sees a byte of a layer.
//        └─ worker: one a layer, so that nothing of one layer can touch another. It has a socket and a piece of memory that it can
//           read; before it reads the first byte it gives up every system call but those of computing and answering.
#pragma once

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"
#include "cage/layer_reader.h"
#include "rules/wanted_files.h"

namespace veritag::cage {

/// True where main() was started as a nursery: then it calls run_worker() and nothing else.
bool is_worker(int argc, char** argv) noexcept;

/// What a worker does with its layer.
using AnalyzeLayer = Result<detect::AnalyzedLayer> (*)(ByteSource& blob, const LayerJob& job, const rules::WantedFiles& wanted, const Limits& limits);
Result<detect::AnalyzedLayer> analyze_layer(ByteSource& blob, const LayerJob& job, const rules::WantedFiles& wanted, const Limits& limits);

/// The life of a nursery and of the workers that it forks. Gives the exit status; 2 where a person started it by hand.
int run_worker(AnalyzeLayer analyze = &analyze_layer);

}  // namespace veritag::cage
