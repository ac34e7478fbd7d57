#ifndef MTC_INTERPRETER_KERNEL_TABLE_H_
#define MTC_INTERPRETER_KERNEL_TABLE_H_

#include "kernels/kernel.h"

namespace mtc {

// The kernels this runtime was built with. Defined in the generated kernel_table.cpp of the selection.
KernelTable SelectedKernels();

}  // namespace mtc

#endif  // MTC_INTERPRETER_KERNEL_TABLE_H_
