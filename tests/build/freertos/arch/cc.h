/* arch/cc.h - lwIP's defaults do for a compiler such as GCC */
