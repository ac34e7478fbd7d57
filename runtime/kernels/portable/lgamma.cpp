#include <math.h>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

namespace {

// std::lgamma stores the sign of the gamma function for all threads.
float LogGamma(float x) {
  int sign;
  return lgammaf_r(x, &sign);
}
double LogGamma(double x) {
  int sign;
  return lgamma_r(x, &sign);
}

}  // namespace

MTC_SCALAR_KERNEL(Lgamma, [](auto x) { return LogGamma(x); })

}  // namespace MTC_PORTABLE
