# The known good system: it follows the contract for one segment, and nothing about it can fail.
#
# It reads all of standard input, writes it to standard output with the key "source" changed to
# "translation", and exits with 0 (1 if there is no such key). Its bytes stand in known_good.py;
# this is how they are made again, with GNU binutils on any machine:
#
#   as --64 -o known_good.o known_good.s && objcopy -O binary -j .text known_good.o known_good.bin

.intel_syntax noprefix
.globl _start
_start:
    sub rsp, 0x2000             # 8 KB for the input: one segment of ours has a few hundred bytes
    xor ebx, ebx                # bytes that have been read
more:
    xor eax, eax                # read(0, rsp + rbx, what is left)
    xor edi, edi
    lea rsi, [rsp+rbx]
    mov edx, 0x2000
    sub edx, ebx
    syscall
    test eax, eax
    jle search
    add ebx, eax
    jmp more
search:
    movabs rax, 0x22656372756f7322  # "source" with its quotation marks
    mov rbp, rsp
    lea r12, [rsp+rbx-8]        # the last place where it can stand
next:
    cmp rbp, r12
    ja fail
    cmp [rbp], rax
    je found
    inc rbp
    jmp next
found:
    mov rsi, rsp                # what is before the key
    mov rdx, rbp
    sub rdx, rsp
    call put
    lea rsi, [rip+key]
    mov edx, 13
    call put
    lea rsi, [rbp+8]            # what follows the key
    lea rdx, [r12+8]
    sub rdx, rsi
    call put
    xor edi, edi
    jmp exit
fail:
    mov edi, 1
exit:
    mov eax, 60
    syscall
put:                            # write(1, rsi, rdx)
    mov eax, 1
    mov edi, 1
    syscall
    ret
key:
    .ascii "\"translation\""
