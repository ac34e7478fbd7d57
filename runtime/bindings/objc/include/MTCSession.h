#import <Foundation/Foundation.h>

#import "MTCProgram.h"
#import "MTCTensor.h"

NS_ASSUME_NONNULL_BEGIN

// Zero is the default of every field.
@interface MTCSessionOptions : NSObject {
 @private
  NSUInteger _threads;
  uint64_t _maximumMemory;
}

@property(nonatomic) NSUInteger threads;      // 0 or 1: the calling thread only
@property(nonatomic) uint64_t maximumMemory;  // bytes of arena and state; 0: no limit but the system's

@end

// The memory and state of runs. One thread uses it at a time; `cancel` may be called by another.
@interface MTCSession : NSObject {
 @private
  void* _handle;
  MTCProgram* _program;
}

@property(nonatomic, readonly) MTCProgram* program;

+ (nullable instancetype)sessionWithProgram:(MTCProgram*)program
                                    options:(nullable MTCSessionOptions*)options
                                      error:(NSError**)error;

// Runs the first function, or `function`, on inputs in the program's order.
- (nullable NSArray<MTCTensor*>*)runWithInputs:(NSArray<MTCTensor*>*)inputs error:(NSError**)error;
- (nullable NSArray<MTCTensor*>*)runFunction:(NSUInteger)function
                                      inputs:(NSArray<MTCTensor*>*)inputs
                                       error:(NSError**)error;

// Makes a run in progress fail with MTCErrorCancelled soon. Holds for one run.
- (void)cancel;
// Instructions a run may execute; 0: no limit.
- (void)setStepBudget:(uint64_t)instructions;

// State: back to its initial values, and copied out and in.
- (BOOL)resetState:(NSError**)error;
- (nullable NSData*)saveState:(NSError**)error;
- (BOOL)restoreState:(NSData*)state error:(NSError**)error;

@end

NS_ASSUME_NONNULL_END
