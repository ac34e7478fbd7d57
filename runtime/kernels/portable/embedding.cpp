#include <cstring>

#include "core/half.h"
#include "generated/args.h"
#include "kernels/indexing.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareEmbedding(PrepareContext& context, const EmbeddingArgs& args) { return CheckEmbedding(context, args); }

static Status CopyRows(KernelContext& context, const EmbeddingArgs& args, size_t element) {
  MTC_RETURN_IF_ERROR(CheckIndices(context, *args.indices, 0, args.weight->dims[0]));
  const size_t bytes = static_cast<size_t>(args.weight->dims[1]) * element;
  const int64_t grain = 1 + 16 * kIndexGrain / static_cast<int64_t>(bytes + 1);
  ParallelFor(context.threads, args.indices->count(), grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      std::memcpy(args.out->as<char>() + static_cast<size_t>(i) * bytes,
                  args.weight->as<char>() + static_cast<size_t>(args.indices->as<int64_t>()[i]) * bytes, bytes);
    }
  });
  return Status::kOk;
}

template <typename T>
Status RunEmbedding(KernelContext& context, const EmbeddingArgs& args) {
  return CopyRows(context, args, sizeof(T));
}

MTC_PORTABLE_KERNEL(Embedding)

}  // namespace MTC_PORTABLE
