#!/usr/bin/env bats
# The header with the compilers of other machines.

load common

# PREFIX FLAGS...: strict and freestanding, as C and as C++ if it has it.
cross() {
    local prefix=$1
    shift
    for o in -Os -O2; do
        object "${prefix}gcc" "$@" -std=c99 "${strict[@]}" $o -ffreestanding
        needs_nothing "${prefix}nm"
    done
    object "${prefix}g++" "$@" -x c++ -std=c++11 "${strict[@]}" -Os \
        -ffreestanding
}

# It keeps texts in .data, so there is some.
@test "tcc" {
    object tcc -std=c99 -Wall -Werror
    needs_nothing nm
}

@test "Cortex-M0+ and M3, arm-none-eabi-gcc" {
    for cpu in cortex-m0plus cortex-m3; do
        cross arm-none-eabi- -mthumb -mcpu=$cpu
        holds_nothing arm-none-eabi-size
    done
}

@test "Cortex-M7 big endian" {
    cross arm-none-eabi- -mthumb -mcpu=cortex-m7 -mbig-endian
}

@test "RISC-V, 32 and 64 bit" {
    cross riscv64-unknown-elf- -march=rv32imc -mabi=ilp32
    holds_nothing riscv64-unknown-elf-size
    cross riscv64-unknown-elf- -march=rv64gc -mabi=lp64d
    holds_nothing riscv64-unknown-elf-size
}

@test "AVR, where int has 16 bits" {
    # Its constants lie in RAM by nature, so there is some .data.
    cross avr- -mmcu=atmega2560
}

# PORT: see compile.bats; with the headers that Debian has of lwIP.
@test "lwIP ports are C99 and C++11" {
    for port in port/smh_lwip*.h; do
        name=$(basename "$port" .h)
        printf '%s\n' "#include \"$name.h\"" \
            "#define ${name^^}_IMPLEMENTATION" "#include \"$name.h\"" \
            "#include \"$name.h\"" >"$out/header.c"
        for language in "c -std=c99" "c++ -std=c++11"; do
            for words in 0 1; do
                # shellcheck disable=SC2086
                object gcc -x $language "${strict[@]}" \
                    ${also[${language% *}]} -Iport -D_POSIX_C_SOURCE=200809L -DSMH_WORDS=$words \
                    -isystem /usr/include/lwip
            done
        done
    done
}

# FILE LWIP MBEDTLS COMPILER...
over_lwip() {
    local file=$1 lwip=lwip-$2 mbedtls=mbedtls-$3
    shift 3
    tests/sources.sh "$lwip"
    tests/sources.sh "$mbedtls"
    "$@" "${strict[@]}" -Os -I. -Iport \
        -isystem "build/src/$lwip/src/include" \
        -isystem "build/src/$mbedtls/include" -c "$file" -o "$out/over.o"
}

# The same over lwIP's sockets, with the options of the example for FreeRTOS.
# The kernel is declared in freertos/; lwIP's part for it comes with 2.2.1.
over_sockets() {
    tests/sources.sh lwip-2.2.1
    over_lwip "$@" -std=c99 -DBUILT=1UL \
        "-DMBEDTLS_USER_CONFIG_FILE=<tls_config.h>" \
        -Iexamples/freertos -Itests/build/freertos -isystem \
        build/src/lwip-2.2.1/contrib/ports/freertos/include
}

@test "the example for FreeRTOS, Cortex-M4 and this machine, each lwIP and mbedTLS" {
    for machine in "arm-none-eabi-gcc -mthumb -mcpu=cortex-m4" gcc; do
        for lwip in 2.1.3 2.2.1; do
            for mbedtls in 2.28.3 3.6.6; do
                # shellcheck disable=SC2086
                over_sockets examples/freertos/revoke_task.c $lwip $mbedtls \
                    $machine
            done
        done
    done
}

@test "the page of the ports: the program for ESP-IDF" {
    over_sockets "$(block_of_ports c esp_fill_random)" 2.2.1 3.6.6 \
        arm-none-eabi-gcc -mthumb -mcpu=cortex-m4
}

@test "the page of the ports: the program for the Pico, each mbedTLS" {
    for mbedtls in 2.28.3 3.6.6; do
        over_lwip "$(block_of_ports c cyw43_arch_poll)" 2.2.1 $mbedtls \
            arm-none-eabi-gcc -mthumb -mcpu=cortex-m0plus -std=gnu99 \
            -Iexamples/bare_metal -Wno-missing-prototypes
    done
}
