#include <cmath>

#include "kernels/resize.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareUpsampleBicubic2d(PrepareContext& context, const UpsampleBicubic2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckScales(context, args.scales));
  MTC_RETURN_IF_ERROR(PrepareResize(context, *args.x, args.out, args.size, args.layout));
  context.RequireScratch(1, args.size[1], sizeof(Taps<double, 4>));  // of a row
  return Status::kOk;
}

// Four pixels around the centre of pixel `i`, weighed by cubic convolution (R. Keys, 1981, with a = -0.75).
template <typename P>
Taps<P, 4> CubicTaps(int64_t length, P step, int64_t i, bool align_corners) {
  constexpr P a = P{-0.75f};
  const auto near = [](P d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [](P d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  const P centre = PixelCentre(step, i, align_corners), end = static_cast<P>(length + 2);
  const P where = centre < -2 ? P{-2} : centre > end ? end : centre;  // beyond it, all four are the border
  const P low = std::floor(where), t = where - low;
  Taps<P, 4> taps = {{}, {far(t + 1), near(t), near(1 - t), far(2 - t)}};
  for (int k = 0; k < 4; ++k) {
    const int64_t at = static_cast<int64_t>(low) + k - 1;
    taps.at[k] = at < 0 ? 0 : at < length ? at : length - 1;
  }
  return taps;
}

template <typename T>
Status RunUpsampleBicubic2d(KernelContext& context, const UpsampleBicubic2dArgs& args) {
  using P = Position<T>;
  const bool align = args.align_corners;
  const Images from(*args.x, args.layout);
  const P down = PixelStep<P>(from.height, args.size[0], args.scales[0], align);
  const P across = PixelStep<P>(from.width, args.size[1], args.scales[1], align);
  Resize<T, 4>(
      context, *args.x, *args.out, args.layout, [&](int64_t i) { return CubicTaps(from.height, down, i, align); },
      [&](int64_t i) { return CubicTaps(from.width, across, i, align); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(UpsampleBicubic2d)

}  // namespace MTC_PORTABLE
