#include "generated/args.h"
#include "kernels/kernel.h"

namespace MTC_PORTABLE {

Status PrepareCheckSizes(PrepareContext& context, const CheckSizesArgs& args) {
  if (args.sizes.size() != args.wanted.size()) {
    return context.Fail(Status::kInvalidProgram, "%zu sizes for %zu", args.sizes.size(), args.wanted.size());
  }
  for (size_t i = 0; i < args.sizes.size(); ++i) {
    if (args.sizes[i] != args.wanted[i]) {
      return context.Fail(
          Status::kInvalidArgument,
          "for inputs of these sizes the model does something else than what was exported (%lld is not %lld)",
          static_cast<long long>(args.sizes[i]), static_cast<long long>(args.wanted[i]));
    }
  }
  return Status::kOk;
}

Status RunCheckSizes(KernelContext&, const CheckSizesArgs&) { return Status::kOk; }

}  // namespace MTC_PORTABLE
