#ifndef MTC_INTERPRETER_FRAME_H_
#define MTC_INTERPRETER_FRAME_H_

#include <cstdint>
#include <memory>

#include "core/block.h"
#include "core/list.h"
#include "core/tensor.h"
#include "interpreter/arguments.h"
#include "interpreter/environment.h"
#include "kernels/kernel.h"
#include "kernels/nested_function.h"
#include "program/layout.h"

namespace mtc {

// A function made ready to run: its tensors, its kernels' arguments and states, and its arena. Pointers to tensors and
// arguments hold as long as the frame; what depends on shapes is written into them when the shapes change.
class Frame {
 public:
  Frame(Environment& environment, uint32_t function);
  ~Frame();

  // Makes everything ready for inputs of these shapes; does nothing if it is already.
  Status Prepare(Span<const Tensor* const> inputs);
  // Prepares if need be, copies the inputs, which may be results of the last run, and executes the instructions.
  Status Run(Span<const Tensor* const> inputs);

  size_t input_count() const { return Items(function_.inputs()).size(); }
  size_t output_count() const { return Items(function_.outputs()).size(); }
  const Tensor& output(size_t index) const { return tensors_[Items(function_.outputs())[index]]; }
  // Whether the outputs hold the results of a run.
  bool has_results() const { return has_results_; }

 private:
  struct Step {
    const KernelEntry* kernel;
    RunFunction run;
    const void* args;
    PrepareContext context;
  };

  Status Build();
  void BuildTensors();
  Status BuildSteps();
  Status CheckTypes(Span<const Tensor* const> inputs);
  Status CheckDims(Span<const Tensor* const> inputs);
  Status FailInput(size_t index, const Tensor& given);
  Status BindSymbols(Span<const Tensor* const> inputs, bool* is_changed);
  Status PrepareAll(Span<const Tensor* const> inputs);
  Status SetShapes();
  Status SetShape(uint32_t value);
  Status SetAlias(uint32_t value);
  Status PrepareSteps();
  uint64_t Plan(List<uint64_t>* offsets);
  void PlaceTensors(const List<uint64_t>& offsets);
  Status CheckMemory(uint64_t arena_bytes, uint64_t scratch_bytes);
  Status Allocate(uint64_t arena_bytes, uint64_t scratch_bytes);
  Status CheckPitches();
  Status CheckSharing();
  bool IsOwn(const Tensor& input) const;
  Status RunCopied(Span<const Tensor* const> inputs);
  Status RunApart(Span<const Tensor* const> inputs);
  void PoisonArena();
  void BeginStep(size_t index);
  void MarkLives(uint32_t time);
  void EndStep(size_t index);
  Status InStep(size_t index, Status status);

  Environment& environment_;
  const uint32_t index_;
  const schema::Function& function_;
  List<Tensor> tensors_;
  List<uint32_t> roots_;
  List<Lifetime> lifetimes_;
  List<uint64_t> bytes_;   // of each value, dense
  List<uint64_t> begins_;  // of each alias in its root, in bytes
  List<std::unique_ptr<NestedFunction>> nested_;
  List<Step> steps_;
  Block arguments_;
  List<SymbolicInt> symbolic_;
  List<int64_t> symbols_;
  List<int64_t> results_;  // of the expressions
  Block arena_;
  uint64_t arena_bytes_ = 0;
  uint64_t scratch_bytes_ = 0;
  bool is_built_ = false;
  bool is_prepared_ = false;
  bool has_results_ = false;
};

}  // namespace mtc

#endif  // MTC_INTERPRETER_FRAME_H_
