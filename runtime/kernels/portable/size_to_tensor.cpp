#include "generated/args.h"
#include "kernels/kernel.h"

namespace MTC_PORTABLE {

Status PrepareSizeToTensor(PrepareContext& context, const SizeToTensorArgs& args) {
  const auto count = static_cast<int64_t>(args.sizes.size());
  return context.Resize(args.out, {&count, 1});
}

Status RunSizeToTensor(KernelContext&, const SizeToTensorArgs& args) {
  for (size_t i = 0; i < args.sizes.size(); ++i) args.out->as<int64_t>()[i] = args.sizes[i];
  return Status::kOk;
}

}  // namespace MTC_PORTABLE
