// As much of Apple's Foundation as the binding uses, to compile it with ARC where there is no SDK. Declarations only.
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define NS_ASSUME_NONNULL_BEGIN _Pragma("clang assume_nonnull begin")
#define NS_ASSUME_NONNULL_END _Pragma("clang assume_nonnull end")
#define NS_ENUM(type, name)                                        \
  enum __attribute__((enum_extensibility(open))) name : type name; \
  enum name : type
#define FOUNDATION_EXPORT extern
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define nil ((id)0)
#define YES __objc_yes
#define NO __objc_no
typedef bool BOOL;
typedef long NSInteger;
typedef unsigned long NSUInteger;
typedef struct _NSZone NSZone;

NS_ASSUME_NONNULL_BEGIN

@protocol NSCopying
- (id)copyWithZone:(nullable NSZone*)zone;
@end

typedef struct {
  unsigned long state;
  __unsafe_unretained id _Nullable* _Nullable itemsPtr;
  unsigned long* _Nullable mutationsPtr;
  unsigned long extra[5];
} NSFastEnumerationState;

__attribute__((objc_root_class))
@interface NSObject
+ (instancetype)alloc;
- (instancetype)init;
- (id)copy;
- (void)dealloc;
@end

@interface NSNumber : NSObject
@property(readonly) long long longLongValue;
@property(readonly) unsigned long long unsignedLongLongValue;
@property(readonly) NSUInteger unsignedIntegerValue;
+ (NSNumber*)numberWithLongLong:(long long)value;
@end

@interface NSString : NSObject <NSCopying>
@property(readonly) const char* UTF8String;
@property(readonly) const char* fileSystemRepresentation;
+ (nullable instancetype)stringWithUTF8String:(const char*)text;
@end

@interface NSData : NSObject
@property(readonly) const void* bytes;
@property(readonly) NSUInteger length;
+ (instancetype)dataWithBytes:(nullable const void*)bytes length:(NSUInteger)length;
@end

@interface NSMutableData : NSData
@property(readonly) void* mutableBytes;
+ (nullable instancetype)dataWithLength:(NSUInteger)length;
@end

@interface NSArray<Element> : NSObject
@property(readonly) NSUInteger count;
- (Element)objectAtIndex:(NSUInteger)index;
- (NSString*)componentsJoinedByString:(NSString*)separator;
- (NSUInteger)countByEnumeratingWithState:(NSFastEnumerationState*)state
                                  objects:(__unsafe_unretained Element _Nullable[_Nonnull])objects
                                    count:(NSUInteger)count;
@end

@interface NSMutableArray<Element> : NSArray <Element>
+ (instancetype)array;
+ (instancetype)arrayWithCapacity:(NSUInteger)capacity;
- (void)addObject:(Element)object;
@end

@interface NSDictionary<Key, Value> : NSObject
+ (instancetype)dictionaryWithObjects:(const Value _Nonnull[_Nullable])values
                              forKeys:(const Key _Nonnull[_Nullable])keys
                                count:(NSUInteger)count;
@end

extern NSString* const NSLocalizedDescriptionKey;

@interface NSError : NSObject
+ (instancetype)errorWithDomain:(NSString*)domain code:(NSInteger)code userInfo:(nullable NSDictionary*)info;
@end

NS_ASSUME_NONNULL_END
