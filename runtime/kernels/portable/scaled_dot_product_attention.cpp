#include "generated/args.h"
#include "kernels/attention.h"
#include "kernels/shape_rules.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

// Queries that one task computes.
template <typename C>
constexpr int64_t QueryBlock(int64_t targets) {
  return targets <= kFewQueries ? 1 : kQueryPanels * kTileColumns<C>;
}

#if MTC_ISA_LEVEL == 0
static Status CheckBroadcast(PrepareContext& context, const Tensor& x, const int64_t* dims, int rank, int axes) {
  for (int axis = 1; axis <= axes && axis <= x.rank; ++axis) {
    const int64_t size = x.dims[x.rank - axis];
    if (size != 1 && size != dims[rank - axis]) {
      return context.Fail(Status::kInvalidArgument, "an operand's size %lld beside %lld", static_cast<long long>(size),
                          static_cast<long long>(dims[rank - axis]));
    }
  }
  return Status::kOk;
}

Status PrepareScaledDotProductAttention(PrepareContext& context, const ScaledDotProductAttentionArgs& args) {
  const Tensor &query = *args.query, &key = *args.key, &value = *args.value;
  const int rank = query.rank, batch = rank - 2;
  if (rank < 2 || key.rank != rank || value.rank != rank || (args.enable_gqa && rank < 3)) {
    return context.Fail(Status::kInvalidProgram, "attention of tensors of rank %d, %d and %d", rank, key.rank,
                        value.rank);
  }
  if (query.dim(-1) != key.dim(-1) || key.dim(-2) != value.dim(-2)) {
    return context.Fail(Status::kInvalidArgument, "queries, keys and values do not fit");
  }
  // The scores' shape: leading axes are broadcast, but that grouped heads share one of key and value.
  int64_t dims[kMaxRank];
  for (int i = 0; i < batch; ++i) {
    const bool is_grouped = args.enable_gqa && i == batch - 1;
    dims[i] = query.dims[i] == 1 && !is_grouped ? key.dims[i] : query.dims[i];
    const bool divides = key.dims[i] > 0 && query.dims[i] % key.dims[i] == 0 && value.dims[i] == key.dims[i];
    const bool fits = is_grouped ? divides || query.dims[i] == key.dims[i]
                                 : (query.dims[i] == dims[i] || query.dims[i] == 1) &&
                                       (key.dims[i] == dims[i] || key.dims[i] == 1) &&
                                       (value.dims[i] == dims[i] || value.dims[i] == 1);
    if (!fits) return context.Fail(Status::kInvalidArgument, "axis %d of queries, keys and values differs", i);
  }
  dims[batch] = query.dim(-2);
  dims[batch + 1] = key.dim(-2);
  if (args.mask != nullptr) {
    if (args.mask->rank > rank) return context.Fail(Status::kInvalidProgram, "the mask has too many axes");
    MTC_RETURN_IF_ERROR(CheckBroadcast(context, *args.mask, dims, rank, rank));
  }
  const int64_t sources = dims[batch + 1];
  dims[batch + 1] = value.dim(-1);
  MTC_RETURN_IF_ERROR(context.Resize(args.out, {dims, static_cast<size_t>(rank)}));
  if (args.out->count() == 0) return Status::kOk;
  const size_t size = SizeOf(query.dtype) == 8 ? 8 : 4;
  context.RequireScratch(static_cast<int64_t>(WorkerCount(context.threads)),
                         AttentionScratch(context.isa, size, query.dim(-2), sources, query.dim(-1), value.dim(-1)),
                         size);
  return Status::kOk;
}
#endif

// Which matrix of `x` belongs to matrix `index` of `out`; axes of size 1 are read again.
MTC_INLINE int64_t MatrixOf(const Tensor& x, const Tensor& out, int64_t index, bool is_grouped) {
  int64_t result = 0, step = 1;
  for (int axis = -3; axis >= -x.rank; --axis) {
    const int64_t size = out.dim(axis), own = x.dim(axis);
    const int64_t at = index % size;
    index /= size;
    result += (own == 1 ? 0 : is_grouped && axis == -3 ? at / (size / own) : at) * step;
    step *= own;
  }
  return result;
}

template <typename T>
Status RunScaledDotProductAttention(KernelContext& context, const ScaledDotProductAttentionArgs& args) {
  using C = Compute<T>;
  const Tensor &query = *args.query, &key = *args.key, &value = *args.value, &out = *args.out;
  if (out.count() == 0) return Status::kOk;
  const int64_t targets = query.dim(-2), sources = key.dim(-2), features = query.dim(-1), outputs = value.dim(-1);
  const int64_t block = QueryBlock<C>(targets), blocks = (targets + block - 1) / block;
  const int64_t tasks = out.count() / (targets * outputs) * blocks;
  constexpr Isa kIsa = static_cast<Isa>(MTC_ISA_LEVEL);
  const int64_t size = AttentionScratch(kIsa, sizeof(C), targets, sources, features, outputs);
  ParallelForWorkers(context.threads, tasks, [&](size_t worker, int64_t task) {
    C* scratch = static_cast<C*>(context.scratch) + static_cast<int64_t>(worker) * size;
    const int64_t matrix = task / blocks, first = task % blocks * block;
    const Tensor* mask = args.mask;
    Attention<T> a = {query.as<T>() + MatrixOf(query, out, matrix, false) * targets * features,
                      key.as<T>() + MatrixOf(key, out, matrix, args.enable_gqa) * sources * features,
                      value.as<T>() + MatrixOf(value, out, matrix, args.enable_gqa) * sources * outputs,
                      nullptr,
                      out.as<T>() + matrix * targets * outputs,
                      targets,
                      sources,
                      features,
                      outputs,
                      0,
                      0,
                      static_cast<C>(args.scale),
                      args.is_causal};
    if (mask != nullptr) {
      const int64_t columns = mask->rank < 1 ? 1 : mask->dim(-1), rows = mask->rank < 2 ? 1 : mask->dim(-2);
      a.mask = mask->as<T>() + MatrixOf(*mask, out, matrix, false) * rows * columns;
      a.mask_row_step = rows == 1 ? 0 : columns;
      a.mask_column_step = columns == 1 ? 0 : 1;
    }
    if (targets <= kFewQueries) {
      AttendRow(a, first, scratch);
    } else {
      AttendBlock(a, first, Least(first + block, targets), scratch);
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(ScaledDotProductAttention)

}  // namespace MTC_PORTABLE
