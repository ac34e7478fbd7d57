// A set of axes that a program names.

#ifndef MTC_KERNELS_AXES_H_
#define MTC_KERNELS_AXES_H_

#include "kernels/shape_rules.h"

namespace mtc::kernels {

// Each axis exists and is named once.
inline Status CheckAxes(PrepareContext& context, Span<const int64_t> axes, int rank) {
  unsigned seen = 0;
  for (const int64_t axis : axes) {
    int front;
    MTC_RETURN_IF_ERROR(NormalizeAxis(context, axis, rank, &front));
    if ((seen >> front & 1) != 0) return context.Fail(Status::kInvalidProgram, "axis %d is named twice", front);
    seen |= 1u << front;
  }
  return Status::kOk;
}

// Where `axes` names axis `front` of `rank`; -1 if nowhere.
constexpr int PlaceOfAxis(Span<const int64_t> axes, int front, int rank) {
  for (size_t i = 0; i < axes.size(); ++i) {
    if (FrontAxis(axes[i], rank) == front) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace mtc::kernels

#endif  // MTC_KERNELS_AXES_H_
