#include <cmath>
#include <cstring>

#include "kernels/resize.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareUpsampleNearest2d(PrepareContext& context, const UpsampleNearest2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckScales(context, args.scales));
  MTC_RETURN_IF_ERROR(PrepareResize(context, *args.x, args.out, args.size, args.layout));
  context.RequireScratch(1, args.size[1], sizeof(int64_t));  // the source of each column
  return Status::kOk;
}

// The pixel of the source for pixel `i`, computed in f32.
static int64_t NearestPixel(int64_t length, float step, int64_t i, bool is_exact) {
  const float where = std::floor((static_cast<float>(i) + (is_exact ? 0.5f : 0.0f)) * step);
  return where < static_cast<float>(length - 1) ? static_cast<int64_t>(where) : length - 1;
}

template <typename T>
Status RunUpsampleNearest2d(KernelContext& context, const UpsampleNearest2dArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  const Images from(*args.x, args.layout), to(*args.out, args.layout);
  const float down = PixelStep<float>(from.height, to.height, args.scales[0], false);
  const float across = PixelStep<float>(from.width, to.width, args.scales[1], false);
  auto* columns = static_cast<int64_t*>(context.scratch);
  for (int64_t i = 0; i < to.width; ++i) columns[i] = NearestPixel(from.width, across, i, args.exact) * from.inner;
  const int64_t length = to.width * to.inner, rows = to.planes * to.height;
  ParallelFor(context.threads, rows, 1 + kResizeGrain / length, [&](int64_t begin, int64_t end) {
    const T* before = nullptr;
    for (int64_t row = begin; row < end; ++row) {
      const int64_t y = NearestPixel(from.height, down, row % to.height, args.exact);
      const T* line = args.x->as<T>() + (row / to.height * from.height + y) * from.width * from.inner;
      T* pixels = args.out->as<T>() + row * length;
      if (line == before) {
        std::memcpy(pixels, pixels - length, static_cast<size_t>(length) * sizeof(T));
      } else if (to.inner == 1) {
        for (int64_t i = 0; i < to.width; ++i) pixels[i] = line[columns[i]];
      } else {
        for (int64_t i = 0; i < to.width; ++i) {
          std::memcpy(pixels + i * to.inner, line + columns[i], static_cast<size_t>(to.inner) * sizeof(T));
        }
      }
      before = line;
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(UpsampleNearest2d)

}  // namespace MTC_PORTABLE
