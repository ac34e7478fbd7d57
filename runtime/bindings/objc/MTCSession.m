#import "MTCSession.h"

#include <stdlib.h>

#import "MTCConversions.h"
#import "MTCOwnership.h"

@implementation MTCSessionOptions

@synthesize threads = _threads;
@synthesize maximumMemory = _maximumMemory;

@end

@implementation MTCSession

@synthesize program = _program;

- (instancetype)initWithHandle:(mtc_session*)handle program:(MTCProgram*)program {
  self = [super init];
  if (self != nil) {
    _handle = handle;
    _program = MTC_RETAINED(program);
  } else {
    mtc_session_destroy(handle);
  }
  return self;
}

- (void)dealloc {
  mtc_session_destroy(_handle);  // before the program that it runs
  MTC_RELEASE(_program);
  MTC_SUPER_DEALLOC;
}

+ (instancetype)sessionWithProgram:(MTCProgram*)program options:(MTCSessionOptions*)options error:(NSError**)error {
  mtc_session_options given = {0};
  given.threads = (uint32_t)MIN(options.threads, (NSUInteger)UINT32_MAX);  // of what is too much mtc.h says so
  given.max_memory = options.maximumMemory;
  mtc_session* handle = NULL;
  mtc_error reason;
  const mtc_status status = mtc_session_create([program handle], &given, &handle, &reason);
  if (!MTCSucceeded(status, &reason, error)) return nil;
  return MTC_AUTORELEASED([[self alloc] initWithHandle:handle program:program]);
}

- (NSArray<MTCTensor*>*)runWithInputs:(NSArray<MTCTensor*>*)inputs error:(NSError**)error {
  return [self runFunction:0 inputs:inputs error:error];
}

- (NSArray<MTCTensor*>*)runFunction:(NSUInteger)function inputs:(NSArray<MTCTensor*>*)inputs error:(NSError**)error {
  mtc_error reason = {"a tensor has too many dims, or memory ran out"};
  mtc_status status = MTC_INVALID_ARGUMENT;
  mtc_tensor* given = calloc(inputs.count + 1, sizeof(mtc_tensor));
  NSUInteger count = 0;
  while (given != NULL && count < inputs.count && MTCTensorTo([inputs objectAtIndex:count], &given[count])) ++count;
  if (given != NULL && count == inputs.count) status = mtc_session_run(_handle, function, given, count, &reason);
  free(given);
  return MTCSucceeded(status, &reason, error) ? [self outputsOfFunction:function] : nil;
}

- (NSArray<MTCTensor*>*)outputsOfFunction:(NSUInteger)function {
  const size_t count = mtc_program_output_count([_program handle], function);
  NSMutableArray<MTCTensor*>* found = [NSMutableArray arrayWithCapacity:count];
  for (size_t i = 0; i < count; ++i) {
    mtc_tensor output;
    if (mtc_session_output(_handle, function, i, &output) == MTC_OK) [found addObject:MTCTensorFrom(&output)];
  }
  return found;
}

- (void)cancel {
  mtc_session_cancel(_handle);
}

- (void)setStepBudget:(uint64_t)instructions {
  mtc_session_set_step_budget(_handle, instructions);
}

- (BOOL)resetState:(NSError**)error {
  mtc_error reason;
  return MTCSucceeded(mtc_session_reset_state(_handle, &reason), &reason, error);
}

- (NSData*)saveState:(NSError**)error {
  NSMutableData* state = [NSMutableData dataWithLength:mtc_session_state_size(_handle)];
  mtc_error reason;
  const mtc_status status = mtc_session_save_state(_handle, state.mutableBytes, state.length, &reason);
  return MTCSucceeded(status, &reason, error) ? state : nil;
}

- (BOOL)restoreState:(NSData*)state error:(NSError**)error {
  mtc_error reason;
  const mtc_status status = mtc_session_restore_state(_handle, state.bytes, state.length, &reason);
  return MTCSucceeded(status, &reason, error);
}

@end
