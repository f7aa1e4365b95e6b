# gnuplot -e "dir='DIR'; depths='8 32'; requests=N" distance.gp:
# DIR/distance.dat as a picture, one part for each depth.
set terminal svg size 780,260 font "sans-serif,12" background "white" noenhanced
set output dir.'/distance.svg'
set multiplot layout 1,words(depths) \
    title sprintf("%d requests: seconds against ms of round trip", requests)
set xrange [0:*]
set yrange [0:*]
set offsets 0, graph 0.05, graph 0.1, 0
set xtics nomirror 50
set ytics nomirror
set border 3
set key top left reverse Left
do for [i=1:words(depths)] {
    set title word(depths, i)." in flight"
    plot for [k=1:3] dir.'/distance.dat' index i - 1 using 1:k + 1 \
        with linespoints lw 5 - k pt 7 ps 0.4 \
        lc rgb word("#c0c0c0 #d06000 #0060c0", k) \
        title word("floor HTTP/2 smh_revoke", k)
    unset key
}
unset multiplot
