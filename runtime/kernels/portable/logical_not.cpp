#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_UNARY(LogicalNot)

Status RunLogicalNot(KernelContext& context, const LogicalNotArgs& args) {
  MapScalars<Bool, Bool>(context, *args.x, *args.out, [](bool x) { return !x; });
  return Status::kOk;
}

}  // namespace MTC_PORTABLE
