#include <cstring>

#include "core/half.h"
#include "generated/args.h"
#include "kernels/indexing.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareEmbedding(PrepareContext& context, const EmbeddingArgs& args) {
  const Tensor& indices = *args.indices;
  if (args.weight->rank != 2 || indices.rank >= kMaxRank) {
    return context.Fail(Status::kInvalidProgram, "weights of rank %d by indices of rank %d", args.weight->rank,
                        indices.rank);
  }
  int64_t dims[kMaxRank];
  for (int i = 0; i < indices.rank; ++i) dims[i] = indices.dims[i];
  dims[indices.rank] = args.weight->dims[1];
  return context.Resize(args.out, {dims, size_t{indices.rank} + 1});
}

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
