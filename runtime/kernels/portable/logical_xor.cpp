#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_BINARY(LogicalXor)

Status RunLogicalXor(KernelContext& context, const LogicalXorArgs& args) {
  MapScalars<Bool, Bool>(context, *args.x, *args.y, *args.out, [](bool x, bool y) { return x != y; });
  return Status::kOk;
}

}  // namespace MTC_PORTABLE
