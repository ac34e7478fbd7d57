#include "core/half.h"
#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/indexing.h"
#include "kernels/stored_weights.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareEmbeddingStored(PrepareContext& context, const EmbeddingArgs& args) {
  MTC_RETURN_IF_ERROR(CheckEmbedding(context, args));
  return CheckStored(context, *args.weight);
}

template <typename W>
Status RunEmbeddingStored(KernelContext& context, const EmbeddingArgs& args) {
  MTC_RETURN_IF_ERROR(CheckIndices(context, *args.indices, 0, args.weight->dims[0]));
  const int64_t size = args.weight->dims[1], grain = 1 + kElementGrain / 4 / (size + 1);
  ParallelFor(context.threads, args.indices->count(), grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* to = args.out->as<float>() + i * size;
      ForRow<W>(*args.weight, args.indices->as<const int64_t>()[i],
                [&](int64_t first, int64_t count, const float* numbers) {
                  for (int64_t k = 0; k < count; ++k) to[first + k] = numbers[k];
                });
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(EmbeddingStored)

}  // namespace MTC_PORTABLE
