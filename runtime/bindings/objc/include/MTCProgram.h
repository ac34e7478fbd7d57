#import <Foundation/Foundation.h>

#import "MTCTensor.h"

NS_ASSUME_NONNULL_BEGIN

// A loaded program. It does not change and may be shared by threads and sessions.
@interface MTCProgram : NSObject {
 @private
  void* _handle;
  NSData* _memory;  // what the program was loaded from, if not a file
}

@property(nonatomic, readonly) NSArray<NSString*>* functionNames;
@property(nonatomic, readonly) NSArray<NSString*>* kernels;  // the ones it needs

+ (nullable instancetype)programWithContentsOfFile:(NSString*)path error:(NSError**)error;
// `data` is kept, and not copied where it is immutable.
+ (nullable instancetype)programWithData:(NSData*)data error:(NSError**)error;

// Empty for a function that the program does not have.
- (NSArray<MTCSignature*>*)inputsOfFunction:(NSUInteger)function;
- (NSArray<MTCSignature*>*)outputsOfFunction:(NSUInteger)function;
// The example that is bundled in the program: nil if there is none.
- (nullable MTCTensor*)sampleInput:(NSUInteger)index ofFunction:(NSUInteger)function;
- (nullable MTCTensor*)sampleOutput:(NSUInteger)index ofFunction:(NSUInteger)function;
- (nullable NSString*)metadataForKey:(NSString*)key;

// Of the runtime: its version, and the kernels it holds.
+ (NSString*)runtimeVersion;
+ (NSArray<NSString*>*)runtimeKernels;

@end

NS_ASSUME_NONNULL_END
