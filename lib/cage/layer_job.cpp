#include "base/byte_reader.h"
#include "cage/channel.h"
#include "cage/layer_reader.h"

#include <utility>

namespace veritag::cage {

std::string serialise_job(const LayerJob& job) {
    MessageWriter out;
    out.text(job.compression).number(job.blob_size).number(job.toc ? 1 : 0);
    if (job.toc) {
        const stream::TocReference& toc = *job.toc;
        out.number(static_cast<std::uint64_t>(toc.format)).text(toc.digest.str()).number(toc.offset).number(toc.length).number(toc.alone ? 1 : 0);
    }
    out.number(job.extra.size());
    for (const auto& [path, known] : job.extra) out.text(path).text(known);
    return out.take();
}

Result<LayerJob> parse_job(std::string_view bytes) {
    ByteReader in(bytes, "job");
    const auto text = [&] { return std::string(in.text(in.u64le())); };
    LayerJob job;
    job.compression = text();
    job.blob_size = in.u64le();
    if (in.u64le() != 0) {
        stream::TocReference& toc = job.toc.emplace();
        toc.format = static_cast<stream::TocFormat>(in.u64le());
        VERITAG_TRY(toc.digest, Digest::parse(text()));
        toc.offset = in.u64le();
        toc.length = in.u64le();
        toc.alone = in.u64le() != 0;
    }
    for (std::uint64_t n = in.u64le(); n > 0 && in.ok(); --n) {
        std::string path = text();
        job.extra.insert_or_assign(std::move(path), text());
    }
    if (!in.ok() || !in.at_end()) return in.malformed("read job", "it is no job");
    return job;
}

}  // namespace veritag::cage
